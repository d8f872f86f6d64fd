"""The portal as it runs in production, with several processes, while people read. `make load` tries it with more."""

import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests import postgres
from tests.load import trials
from tests.load.portal import get, post, running
from tests.mailserver import free_port


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def portal(request, tmp_path_factory):
    with running(tmp_path_factory.mktemp("portal"), request.param) as found:
        found.kind = request.param
        yield found


@pytest.fixture(autouse=True)
def servers_end(portal):
    yield
    portal.stop()
    portal.processes.clear()
    portal.environment.pop("CACHE_URL", None)


def test_nobody_reads_what_is_older_than_the_last_edit(portal):
    seen = trials.edits(portal, 12, readers=4)
    assert seen.failed == 0, seen.answers
    assert seen.old == []
    assert seen.answers[200] > 100


def test_when_a_process_is_killed_only_those_it_was_answering_notice(portal):
    seen = trials.kill_workers(portal, 2)
    assert set(seen.answers) <= {200, "broken"}, seen.answers
    assert seen.answers["broken"] <= 2 * 4 * 2  # the lines it held, and those just handed to it
    assert seen.answers[200] > 100


def test_whoever_falls_silent_holds_nobody_up_for_long(portal):
    """Without a server in front that would take in a request first: as many as there are threads, on each way in."""
    if portal.kind != "sqlite":
        pytest.skip("which database is behind makes no difference")
    port = portal.start(workers=2)
    head = b"POST /de/barriere-melden/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nmessage=Ha"
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("localhost", port))) for _line in range(8)]
        for line, said in zip(silent, [b"GET /de/ HTTP/1.1\r\nHost: loc", head] * 4, strict=True):
            line.sendall(said)
        assert get(port, "/de/stand/", timeout=60)[0] == 200
        for line in silent:
            line.settimeout(30)
            assert line.recv(100)[:12] in {b"", b"HTTP/1.1 400"}
    assert "Traceback" not in (portal.folder / f"server-{port}.log").read_text()


def test_while_the_database_is_gone_known_pages_are_read_on(portal):
    if portal.kind == "sqlite":
        pytest.skip("a file is not killed")
    folder = Path(portal.environment["DATABASE_URL"].removeprefix("postgres://postgres@/").rpartition("/")[0])
    folder = Path("/") / folder
    new = []

    def stop():
        postgres.kill(folder)
        time.sleep(0.5)

    def start():
        # An address that nobody has asked for yet is answered honestly, in the reader's language.
        port = int(portal.processes[0].args[3].rpartition(":")[2])
        new.append(get(port, "/ar/datenschutz/"))
        new.append(post(port, "/de/barriere-melden/", {"message": "Hallo"}))
        postgres.start(folder)
        time.sleep(1.5)

    before, meanwhile, after = trials.without(portal, stop, start)
    for seen in (before, meanwhile, after):
        assert set(seen.answers) == {200}, seen.answers
    status, headers, html = new[0]
    assert (status, headers["retry-after"]) == (503, "60")
    assert '<html lang="ar" dir="rtl">' in html
    assert new[1] == 503
    assert portal.edit(int(portal.processes[0].args[3].rpartition(":")[2]), 99) == 302  # it recovers by itself


@contextmanager
def redis(folder):
    """A cache for all, its address, and how to start it again after it was killed."""
    port, processes = free_port(), []
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)]

    def start():
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        time.sleep(0.5)

    start()
    try:
        yield f"rediscache://127.0.0.1:{port}/0", processes[0].kill, start
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_while_the_shared_cache_is_gone_nobody_notices(portal, tmp_path):
    with redis(tmp_path) as (address, stop, start):
        portal.environment["CACHE_URL"] = address
        for seen in trials.without(portal, stop, start):
            assert set(seen.answers) == {200}, seen.answers
        server = int(portal.processes[0].args[3].rpartition(":")[2])
        assert portal.edit(server, 77) == 302
        assert "<h1>Stand 77</h1>" in get(server, "/de/stand/")[2]


PICTURE = """
from django.core.files.base import ContentFile
from portal.models import Page
from tests import factories
from tests.test_media import photo, written
picture = factories.make_picture(file=ContentFile(written(photo(1200, 800), "JPEG"), "haus.jpg"), name="Haus")
Page.objects.filter(slug="stand").update(picture=picture)
"""


def test_two_machines_share_nothing_but_database_cache_and_bucket(portal, tmp_path):
    """Each has a folder of its own, which stays empty; what one does the other shows at once."""
    if portal.kind == "sqlite":
        pytest.skip("a file is on one machine")
    bucket = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    bucket.start()
    host, port = bucket.get_host_and_port()
    keys = {
        "S3_ENDPOINT_URL": f"http://{host}:{port}",
        "S3_REGION": "eu-central-1",
        "S3_ACCESS_KEY": "a",
        "S3_SECRET_KEY": "b",
    }
    client = boto3.client(
        "s3", endpoint_url=keys["S3_ENDPOINT_URL"], region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )  # fmt: skip
    client.create_bucket(Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    before = dict(portal.environment)
    try:
        with redis(tmp_path) as (address, _stop, _start):
            portal.environment |= {"CACHE_URL": address, "S3_BUCKET": "uploads", **keys}
            servers = []
            for machine in ("one", "two"):
                portal.environment["MEDIA_ROOT"] = str(tmp_path / machine)
                servers.append(portal.start(workers=1))
            portal.manage("shell", "-v", "0", "-c", PICTURE)
            for number, (here, there) in enumerate([servers, servers[::-1]], start=300):
                assert portal.edit(here, number) == 302
                for server in (there, here):
                    assert f"<h1>Stand {number}</h1>" in get(server, "/de/stand/")[2]
            assert get(servers[0], "/de/stand/")[1]["cache-status"].startswith("portal; hit")
            for server in servers:
                connection = HTTPConnection("localhost", server)
                connection.request("GET", "/bilder/haus-480.webp")
                answer = connection.getresponse()
                assert (answer.status, answer.read()[8:12]) == (200, b"WEBP")
            stored = [found["Key"] for found in client.list_objects_v2(Bucket="uploads")["Contents"]]
            assert len(stored) == 4  # the picture and its smaller sizes
            assert not list(tmp_path.glob("one/**/*.*")) + list(tmp_path.glob("two/**/*.*"))
    finally:
        bucket.stop()
        portal.environment.clear()
        portal.environment.update(before)
