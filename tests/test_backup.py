"""Backups and back: everything in one file, and from an empty machine to the same portal again.

The portals here run as in production, in processes and databases of their own. The first of them comes from a file:
the demo county as it was before there were versions, translations' states and pictures (tests/data/), made by the
release of those days. So each run also shows that an update from there works, with data, on both databases.
"""

import gzip
import io
import json
import lzma
import os
import re
import resource
import subprocess
import sys
import tarfile
import threading
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import boto3
import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone
from moto.server import ThreadedMotoServer

from portal.backup import archive, making, restoring, sealing, tables, uploads
from portal.backup.models import Backup
from portal.groups import ADMINISTRATORS, COORDINATORS, EDITORS, TRANSLATORS
from portal.models import Notice, Page
from portal.upkeep.to_do import to_do
from portal.versions import audit
from tests import factories
from tests.conftest import staff

ROOT = Path(__file__).parent.parent
OLD = ROOT / "tests" / "data" / "before-versions.tar.xz"
UNSET = {"DEBUG", "DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE"}
PRODUCTION = {
    "SECRET_KEY": "x0y1z2a3b4" * 6,
    "ALLOWED_HOSTS": "portal.example.org",
    "PORTAL_URL": "https://portal.example.org",
}
PUBLIC, SECRET = sealing.new_key()


class Machine:
    """A portal of its own: database, uploads and settings as in production."""

    def __init__(self, folder, database):
        self.media = folder / "media"
        self.folder = folder
        self.database = database

    def run(self, *arguments, stdin="", before=None, **environment):
        clean = {name: value for name, value in os.environ.items() if name not in UNSET}
        own = {"DATABASE_URL": self.database, "MEDIA_ROOT": str(self.media), "BACKUP_RECIPIENT": PUBLIC}
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**clean, **PRODUCTION, **own, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=before,
        )

    def manage(self, *arguments, **more):
        result = self.run("manage.py", *map(str, arguments), **more)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def refuses(self, *arguments, **more):
        result = self.run("manage.py", *map(str, arguments), **more)
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        return result.stderr

    def ask(self, code):
        """Runs Python inside the portal; what it leaves in `answer`."""
        out = self.manage("shell", "-v0", stdin=f"{PRELUDE}\n{code}\nprint('ANSWER', json.dumps(answer))\n")
        return json.loads(re.search(r"^ANSWER (.*)$", out, re.M)[1])

    def backup(self, name):
        path = self.folder / name
        self.manage("backup", path, *([] if name.endswith(".age") else ["--unencrypted"]))
        return path

    def restore(self, path, *more):
        return self.manage("restore", path, *more, stdin=SECRET)


# Style sheets need not be collected to compare pages.
PRELUDE = """
import json
from hashlib import sha256
from django.core.files.storage import storages
storages.backends["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
from django.test import Client
client = Client(headers={"host": "portal.example.org"})
def get(path):
    return client.get(path, secure=True)
def whole(response):
    return b"".join(response.streaming_content) if response.streaming else response.content
"""
PEOPLE = """
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django_otp.plugins.otp_static.models import StaticDevice
from post_office import mail
from lotsen.models import Volunteer
from portal.models import Page
from portal.versions import audit
from tests import factories
person = User.objects.create_user("administration", "administration@example.org", "ein-langes-Passwort", is_staff=True)
person.groups.add(Group.objects.get(name="Administration"))
StaticDevice.objects.create(user=person, name="Ersatzcodes").token_set.create(token="abcd2345")
factories.make_volunteer(stage="active", message="Grüße, 你好, \\u202eسلام\\u202c 😀\\n\\t\\"'\\\\")
factories.make_picture()
factories.make_page(title_de="Entwurf", slug="entwurf", body_de="<p>Heute</p>", status="draft")
factories.make_page(slug="wieder-weg").delete()
audit.note(audit.Action.EXPORT, person, kind="Test", Anzahl=3, Liste=["ä", None])
mail.send("amt@example.org", "portal@example.org", subject="Wartet", message="Text")
# Who has been here for longer than allowed, at the next purge.
late = factories.make_volunteer(name="Über die Zeit")
from datetime import date
Volunteer.objects.filter(pk=late.pk).update(delete_after=date(2020, 1, 1), warned_of=date(2020, 1, 1))
answer = [Volunteer.objects.count(), Page.objects.get(slug="entwurf").pk]
"""
PAGES = """
import re
sitemap = whole(get("/sitemap.xml")).decode()
paths = sorted({path for path in re.findall(r"<loc>https://portal.example.org(/de/[^<]*)</loc>", sitemap)})
# A form notes when it was handed out.
paths = [path for path in paths if not path.endswith("melden/")]
paths += [path.replace("/de/", code, 1) for path in paths[::6] for code in ("/ar/", "/en/")]
paths += ["/de/suche/?q=Deutschkurs", "/ar/suche/?q=Beratung", "/de/hsds/services"]
answer = {}
while paths:
    response = get(path := paths.pop(0))
    content = whole(response)
    answer[path] = [response.status_code, sha256(content).hexdigest()]
    if response["Content-Type"].startswith("text/html"):  # and the uploads that it shows or offers
        files = re.findall(r'(?:href|src)="(/(?:logo|bilder/[^"]*|de/[^"]*(?:\\.pdf|/schaubild/\\d+/)))"', content.decode())
        paths += sorted({file for file in files if "wegweiser" not in file} - set(answer) - set(paths))
"""


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """Makes empty ones, on the database that the tests run on, or on the one asked for."""
    made = []
    base = django_settings.DATABASES["default"]
    server = {"host": base.get("HOST"), "port": base.get("PORT") or None, "user": base.get("USER")}
    server |= {"password": base.get("PASSWORD") or None, "dbname": "postgres", "autocommit": True}

    def make(vendor=None):
        folder = tmp_path_factory.mktemp("machine")
        if (vendor or connections["default"].vendor) == "sqlite":
            return Machine(folder, f"sqlite:///{folder}/portal.sqlite3")
        name = f"backup_{os.getpid()}_{len(made)}"
        with psycopg.connect(**server) as own:
            own.execute(f"CREATE DATABASE {name}")
        made.append(name)
        who = quote(base["USER"]) + (f":{quote(base['PASSWORD'])}" if base.get("PASSWORD") else "")
        where = f"/{base['HOST']}" if base["HOST"].startswith("/") else f"{base['HOST']}:{base['PORT'] or 5432}"
        return Machine(folder, f"postgres://{who}@{where}/{name}")

    yield make
    with psycopg.connect(**server) if made else io.StringIO() as own:
        for name in made:
            own.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def old_backup(tmp_path_factory):
    path = tmp_path_factory.mktemp("old") / "portal.tar"
    path.write_bytes(lzma.decompress(OLD.read_bytes()))
    return path


@pytest.fixture(scope="module")
def upgraded(machines, old_backup):
    """What an office has after an update from long ago."""
    machine = machines()
    machine.said = machine.restore(old_backup)
    return machine


@pytest.fixture(scope="module")
def office(upgraded):
    """The same after a day's work."""
    assert upgraded.ask(PEOPLE)[0] == 3
    return upgraded


@pytest.fixture(scope="module")
def backup(office):
    return office.backup("sicherung.tar.age")


@pytest.fixture(scope="module")
def restored(machines, backup):
    """An empty machine, and the file."""
    machine = machines()
    machine.said = machine.restore(backup)
    return machine


def opened(path):
    """The plain tar, with nothing but the key and the age format."""
    out = io.BytesIO()
    with path.open("rb") as file, sealing.opened(file, SECRET if sealing.is_sealed(path) else None) as plain:
        out.write(plain.read())
    out.seek(0)
    return tarfile.open(fileobj=out)


def manifest(path):
    with opened(path) as tar:
        return json.load(tar.extractfile("manifest.json"))


def rows(path, table):
    with opened(path) as tar:
        lines = gzip.decompress(tar.extractfile(f"tables/{table}.jsonl.gz").read()).splitlines()
    names = [name for name, _kind in json.loads(lines[0])]
    return [dict(zip(names, json.loads(line), strict=True)) for line in lines[1:]]


# From an older release --------------------------------------------------------------------------------


def test_an_old_release_comes_up_to_date_with_its_data(upgraded, old_backup):
    assert upgraded.manage("migrate", "--check") == ""
    answer = upgraded.ask("""
from django.contrib.auth.models import Group, User
from integration.offices.models import Office
from lotsen.models import Volunteer
from portal.models import Page
answer = {
    "offices": list(Office.objects.order_by("pk").values_list("slug", "title_de", "title_ar")),
    "pages": list(Page.objects.order_by("pk").values_list("slug", "title_de", "title_ar", "body_de", "body_uk")),
    "groups": sorted(Group.objects.values_list("name", flat=True)),
    "editor": [User.objects.get(username="redaktion").check_password("ein-langes-Passwort"),
               User.objects.get(username="redaktion").has_perm("media.add_picture")],
    "volunteers": list(Volunteer.objects.values_list("name", flat=True)),
}
""")
    before = rows(old_backup, "offices_office")
    assert answer["offices"] == [[row["slug"], row["title_de"], row["title_ar"]] for row in before]
    assert len(before) == 4
    fields = ("slug", "title_de", "title_ar", "body_de", "body_uk")
    assert answer["pages"] == [[row[field] for field in fields] for row in rows(old_backup, "portal_page")]
    assert answer["groups"] == sorted([ADMINISTRATORS, COORDINATORS, EDITORS, TRANSLATORS])
    assert answer["editor"] == [True, True]
    assert answer["volunteers"] == ["Person 1"]


def test_pages_of_an_old_release_answer_and_are_found(upgraded):
    answer = upgraded.ask("""
answer = {path: [get(path).status_code, whole(get(path)).decode()] for path in (
    "/de/", "/ar/", "/de/stellen/koordinierungsstelle/", "/uk/stellen/koordinierungsstelle/", "/de/wegweiser/",
    "/de/suche/?q=Koordinierungsstelle", "/de/lotsen/", "/sitemap.xml")}
""")
    assert {status for status, _html in answer.values()} == {200}
    assert "/de/stellen/koordinierungsstelle/" in answer["/de/suche/?q=Koordinierungsstelle"][1]


def test_mail_that_waited_in_a_backup_is_not_sent_again(upgraded):
    status = "from post_office.models import Email\nanswer = list(Email.objects.values_list('subject', 'status'))"
    assert ["Wartet seit damals", 1] in upgraded.ask(status)
    assert "1 E-Mails, die damals warteten, gehen nicht noch einmal hinaus" in upgraded.said


# There and back ---------------------------------------------------------------------------------------


def test_an_empty_machine_becomes_the_same_portal(office, backup, restored):
    before, after = manifest(backup), manifest(restored.backup("danach.tar.age"))
    # That it was backed up and restored are the only things that have happened; and one is past her time, and counted.
    happened = {"backup_backup", "post_office_email", "versions_auditentry", "lotsen_volunteer", "lotsen_monthlystat"}
    for name, facts in before["tables"].items():
        if name not in happened:
            assert after["tables"][name] == facts, name
    assert set(after["tables"]) == set(before["tables"])
    assert sum(facts["rows"] for facts in before["tables"].values()) > 1500
    assert before["tables"]["lotsen_volunteer"]["rows"] - after["tables"]["lotsen_volunteer"]["rows"] == 1
    assert after["files"] == before["files"]
    assert len(before["files"]) >= 5
    assert before["missing"] == []


def test_uploads_are_the_same_and_nothing_else_is_left_behind(office, restored):
    def files(machine):
        return {str(p.relative_to(machine.media)): p.read_bytes() for p in machine.media.rglob("*") if p.is_file()}

    assert files(restored) == files(office)
    assert [path.name for path in restored.media.iterdir() if path.name.startswith(".")] == []


def test_pages_answer_the_same_bytes(office, restored):
    before, after = office.ask(PAGES), restored.ask(PAGES)
    assert len(before) > 40
    assert {status for status, _sum in before.values()} == {200}
    assert after == before


def test_staff_log_in_with_password_and_second_factor(restored):
    answer = restored.ask("""
client.post("/admin/login/", {"username": "administration", "password": "ein-langes-Passwort"}, secure=True)
before = get("/admin/").status_code
client.post("/admin/anmeldung/bestaetigen/", {"code": "abcd-2345"}, secure=True)
answer = [before, get("/admin/").status_code, get("/admin/portal/page/").status_code]
""")
    assert answer == [302, 200, 200]


def test_numbers_go_on_and_the_log_stays_closed(office, restored):
    """The number of a page that was deleted is not given to another one."""
    answer = restored.ask("""
from django.db import DatabaseError, connection, transaction
from portal.versions.models import AuditEntry
from portal.models import Page
from tests import factories
refused = False
try:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE versions_auditentry SET kind = 'Anders'")
except DatabaseError as error:
    refused = "only grows" in str(error)
with transaction.atomic():
    answer = [refused, AuditEntry.objects.get(kind="Test").details, factories.make_page().pk, Page.objects.get(slug="entwurf").pk]
    transaction.set_rollback(True)
""")
    assert answer[:2] == [True, {"Anzahl": 3, "Liste": ["ä", None]}]
    assert answer[2] == answer[3] + 2


def test_restoring_does_what_has_to_follow_and_says_what_the_office_has_to_do(restored):
    assert "Lotsinnen und Lotsen: 1 gelöscht" in restored.said
    assert "1 E-Mails, die damals warteten, gehen nicht noch einmal hinaus" in restored.said
    assert "alle noch einmal löschen, die seit dem" in restored.said
    assert "Wer seitdem gesperrt wurde, darf wieder herein" in restored.said


def test_a_database_in_use_is_replaced_only_when_that_is_asked_for(restored, backup):
    error = restored.refuses("restore", backup, stdin=SECRET)
    assert "In der Datenbank steht schon etwas" in error
    assert "Stellen: 4" in error
    assert "--replace" in restored.manage("check_backup", backup, stdin=SECRET)


def test_what_breaks_half_way_changes_nothing(restored, backup, tmp_path):
    def state():
        files = sorted(str(path) for path in restored.media.rglob("*"))
        return manifest(restored.backup(f"{next(count)}.tar"))["tables"]["portal_page"], files

    count = iter("ab")
    before = state()
    cut = tmp_path / "cut.tar.age"
    cut.write_bytes(backup.read_bytes()[:-40_000])  # most of the uploads have arrived by then
    error = restored.refuses("restore", cut, "--replace", stdin=SECRET)
    assert "Nichts zurückgespielt. Die Sicherung ist beschädigt oder unvollständig" in error
    assert state() == before


def test_a_portal_that_still_runs_is_noticed(restored, backup):
    if connection.vendor == "sqlite":
        import sqlite3

        busy = sqlite3.connect(restored.database.removeprefix("sqlite:///"))
        busy.execute("BEGIN IMMEDIATE")
    else:
        place = restored.database.removeprefix("postgres://postgres@/")
        folder, _slash, name = place.rpartition("/")
        busy = psycopg.connect(host=folder, user="postgres", dbname=name)
        busy.execute("SELECT 1 FROM portal_page")
    try:
        error = restored.refuses("restore", backup, "--replace", stdin=SECRET)
        assert "docker compose stop web worker" in error
    finally:
        busy.close()


def test_what_one_database_has_saved_the_other_can_load(machines, backup, office):
    """From SQLite to PostgreSQL goes the old release's backup, on each run; this is the way back."""
    if connection.vendor != "postgresql":
        pytest.skip("on PostgreSQL")
    moved = machines("sqlite")
    moved.restore(backup)
    assert moved.ask(PAGES) == office.ask(PAGES)


@pytest.fixture
def bucket():
    """Of a store on this machine that speaks as S3 does."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"endpoint_url": f"http://{host}:{port}", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = boto3.client("s3", region_name="eu-central-1", **keys)
    client.create_bucket(Bucket="uploads", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    here = {"S3_ENDPOINT_URL": keys["endpoint_url"], "S3_REGION": "eu-central-1"}
    client.environment = here | {"S3_BUCKET": "uploads", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b"}
    yield client
    server.stop()


def test_uploads_come_from_a_bucket_and_go_into_one(machines, backup, bucket):
    """So a portal moves there, too: its backup is restored with the bucket named."""

    def in_it():
        found = bucket.list_objects_v2(Bucket="uploads").get("Contents", [])
        return {one["Key"]: bucket.get_object(Bucket="uploads", Key=one["Key"])["Body"].read() for one in found}

    machine = machines()
    bucket.put_object(Bucket="uploads", Key="picture/von-frueher.png", Body=b"x")
    machine.manage("restore", backup, stdin=SECRET, **bucket.environment)
    before = manifest(backup)["files"]
    assert {name: sha256(content).hexdigest() for name, content in in_it().items()} == {
        name: facts["sha256"] for name, facts in before.items()
    }
    assert [path for path in machine.media.rglob("*") if path.is_file()] == []

    again = machine.folder / "danach.tar"
    machine.manage("backup", again, "--unencrypted", **bucket.environment)
    assert manifest(again)["files"] == before
    assert manifest(again)["missing"] == []

    gone = bucket.environment | {"S3_BUCKET": "anderer"}
    error = machine.refuses("backup", machine.folder / "nie.tar", "--unencrypted", **gone)
    assert "Nicht gesichert. Der Speicher für Hochgeladenes (S3_BUCKET) antwortet nicht wie erwartet" in error
    assert "nie.tar" not in {path.name for path in machine.folder.iterdir()}


# The file ------------------------------------------------------------------------------------------------


@pytest.fixture
def made(transactional_db, tmp_path, settings):
    """A small backup of the tests' own database."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_RECIPIENT = [PUBLIC]
    factories.make_page(title_de="Ankommen")
    path = tmp_path / "klein.tar.age"
    making.make(path, [PUBLIC])
    return path


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "schluessel.txt"
    path.write_text(f"# Sicherungen des Portals\n{SECRET}\n")
    return path


def check(path, key, capsys):
    call_command("check_backup", str(path), "--key", str(key))
    return capsys.readouterr().out


def test_a_good_backup_is_checked_and_nothing_is_written(made, key, capsys):
    before = sorted(path.stat().st_mtime_ns for path in made.parent.rglob("*"))
    out = check(made, key, capsys)
    assert re.search(r"In Ordnung: Stand .* Uhr, \d+ Tabellen mit [\d.]+ Zeilen, 0 Dateien", out)
    assert "verloren ginge: Seiten: 1" in out
    assert sorted(path.stat().st_mtime_ns for path in made.parent.rglob("*")) == before


def test_nobody_reads_it_without_the_key(made):
    content = made.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert b"portal_page" not in content
    assert made.stat().st_mode & 0o777 == 0o600
    assert len(rows(made, "portal_page")) == 1


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data[: len(data) // 2], "beschädigt oder unvollständig"),
        (lambda data: data[:-1], "beschädigt oder unvollständig"),
        (lambda data: data[:9000] + bytes([data[9000] ^ 1]) + data[9001:], "beschädigt oder unvollständig"),
        (lambda data: data[:-5] + bytes([data[-5] ^ 1]) + data[-4:], "beschädigt oder unvollständig"),
        (lambda data: data[:60], "Ihr Anfang fehlt oder ist verändert"),
        (lambda data: b"", "Die Sicherung ist beschädigt oder unvollständig"),
        (lambda data: b"%PDF-1.7 something else" * 100, "Die Sicherung ist beschädigt oder unvollständig"),
    ],
)
def test_a_damaged_backup_is_noticed(made, key, capsys, damage, says):
    made.write_bytes(damage(made.read_bytes()))
    with pytest.raises(CommandError, match=says):
        check(made, key, capsys)


def test_the_wrong_key_and_what_is_none_are_told_apart(made, key, capsys):
    key.write_text(sealing.new_key()[1])
    with pytest.raises(CommandError, match="passt nicht zu dieser Sicherung"):
        check(made, key, capsys)
    key.write_text(PUBLIC)
    with pytest.raises(CommandError, match="kein geheimer Schlüssel"):
        check(made, key, capsys)
    with pytest.raises(CommandError, match="lässt sich nicht lesen"):
        check(made.with_name("weg.age"), key, capsys)


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_flipped_bit_in_an_unencrypted_backup_is_noticed_by_its_sums(made, key, capsys, place):
    plain = made.with_name("plain.tar")
    making.make(plain, [])
    assert "In Ordnung" in check(plain, key, capsys)
    with tarfile.open(plain) as tar:
        members = [member for member in tar if member.isfile() and member.name != "LIESMICH.txt"]
    member = members[int(len(members) * place)]
    data = bytearray(plain.read_bytes())
    data[member.offset_data + member.size // 2] ^= 1
    plain.write_bytes(data)
    with pytest.raises(CommandError, match="beschädigt"):
        check(plain, key, capsys)


def rewritten(path, change):
    """The same backup, unencrypted, after `change` has had the files of it."""
    with opened(path) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}
    change(files)
    target = path.with_name("anders.tar")
    with tarfile.open(target, "w") as tar:
        for name, content in files.items():
            archive.add(tar, name, content)
    return target


def test_a_backup_of_a_later_release_is_refused_in_clear_words(made, key, capsys):
    def later(files):
        for name in ("start.json", "manifest.json"):
            content = json.loads(files[name])
            content.get("start", content)["migrations"].append(["portal", "9999_of_tomorrow"])
            files[name] = json.dumps(content).encode()

    with pytest.raises(CommandError, match=r"neueren oder anderen Stand .* portal\.9999_of_tomorrow"):
        check(rewritten(made, later), key, capsys)


@pytest.mark.parametrize("name", ["media/../../heraus.txt", "/etc/heraus.txt", "anderes/heraus.txt", "media//doppelt"])
def test_nothing_lands_outside_of_the_uploads(made, key, capsys, name):
    def sneak_in(files):
        manifest = files.pop("manifest.json")
        files[name] = b"x"
        files["manifest.json"] = manifest

    with pytest.raises(CommandError, match="nicht hineingehört"):
        check(rewritten(made, sneak_in), key, capsys)


def test_what_the_list_at_the_end_does_not_name_is_noticed(made, key, capsys):
    def add(files):
        manifest = files.pop("manifest.json")
        files["media/fremd.pdf"] = b"x"
        files["manifest.json"] = manifest

    with pytest.raises(CommandError, match=r"Datei fremd\.pdf stimmt nicht"):
        check(rewritten(made, add), key, capsys)


def test_every_table_is_backed_up_or_left_out_on_purpose(made):
    there = {name for name in connection.introspection.table_names() if not name.startswith("search_fulltext")}
    saved = set(manifest(made)["tables"])
    assert there - saved == {
        "django_migrations",  # as a list at the beginning
        *(name for name in tables.left_out() if not name.endswith("/")),
    }


# While others work -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_backup_is_of_one_moment_while_others_write(tmp_path, monkeypatch, settings):
    """Before each table somebody else saves a page and a notice at once; so there are never more of one than of the other."""
    settings.MEDIA_ROOT = tmp_path
    written = []

    def work():
        try:
            with transaction.atomic():
                factories.make_page()
                factories.make_notice()
            written.append(1)
        finally:
            connection.close()

    usual = archive.write_table

    def meanwhile(*args):
        if not len(written) > 5:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join(20)
        return usual(*args)

    factories.make_page()
    factories.make_notice()
    monkeypatch.setattr(archive, "write_table", meanwhile)
    making.make(tmp_path / "x.tar", [])
    assert Page.objects.count() == Notice.objects.count() == 7
    assert len(rows(tmp_path / "x.tar", "portal_page")) == len(rows(tmp_path / "x.tar", "portal_notice")) == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_deleted_meanwhile_is_noted_and_breaks_nothing(tmp_path, monkeypatch, settings, key, capsys):
    settings.MEDIA_ROOT = tmp_path / "media"
    diagram = factories.make_diagram(factories.make_office())
    usual = uploads.names

    def then_deleted():
        found = usual()
        Path(diagram.image.path).unlink()
        return found

    monkeypatch.setattr(uploads, "names", then_deleted)
    path = tmp_path / "x.tar"
    assert making.make(path, [])["missing"] == [diagram.image.name]
    assert f"War beim Sichern schon nicht da: {diagram.image.name}" in check(path, key, capsys)


@pytest.mark.django_db(transaction=True)
def test_what_is_made_again_and_what_lasts_an_hour_stays_out(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    for name in ("booklets/1/a.pdf", "import/b", "translations/c", ".hidden/d", "picture/e.png"):
        path = tmp_path / "media" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    assert list(making.make(tmp_path / "x.tar", [])["files"]) == ["picture/e.png"]


def test_a_busy_database_is_backed_up_all_the_same(made):
    with transaction.atomic():
        factories.make_page(title_de="Noch nicht fertig")
        making.make(made.with_name("busy.tar"), [])
    assert [row["title_de"] for row in rows(made.with_name("busy.tar"), "portal_page")] == ["Ankommen"]


def test_a_full_disk_leaves_no_half_file_and_says_so(office, tmp_path):
    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    error = office.refuses("backup", tmp_path, before=little_room)
    assert f"Nicht gesichert. In {tmp_path} ist kein Platz mehr für die Sicherung." in error
    assert list(tmp_path.iterdir()) == []


def test_memory_stays_flat_however_much_is_uploaded(office, tmp_path):
    big = office.media / "publicationfile" / "gross.pdf"
    with big.open("wb") as file:
        file.truncate(400 << 20)
    code = (
        "import os, sys; from pathlib import Path; from django.core.management import execute_from_command_line as run;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'portal.settings'; run(['manage.py', *sys.argv[1:]]);"
        "print(Path('/proc/self/status').read_text())"
    )
    try:
        result = office.run("-c", code, "backup", str(tmp_path / "x.tar.age"))
    finally:
        big.unlink()
    assert (tmp_path / "x.tar.age").stat().st_size > 400 << 20, result.stderr
    assert int(re.search(r"VmHWM:\s+(\d+) kB", result.stdout)[1]) < 250_000


# The commands ----------------------------------------------------------------------------------------------


def test_without_a_key_nothing_is_written(made, settings, tmp_path):
    settings.BACKUP_RECIPIENT = []
    with pytest.raises(CommandError, match="backup_key"):
        call_command("backup", str(tmp_path))
    call_command("backup", str(tmp_path / "offen.tar"), "--unencrypted")
    assert tarfile.is_tarfile(tmp_path / "offen.tar")


def test_a_new_key_pair_works(capsys):
    call_command("backup_key")
    said = capsys.readouterr().out
    public, secret = re.search(r"age1\w+", said)[0], re.search(r"AGE-SECRET-KEY-1\w+", said)[0]
    out = io.BytesIO()
    with sealing.sealed(out, [PUBLIC, public]) as file:
        file.write(b"Guten Tag")
    for key in (secret, SECRET):
        with sealing.opened(io.BytesIO(out.getvalue()), key) as file:
            assert file.read() == b"Guten Tag"


@pytest.mark.parametrize("key", ["age1falsch", SECRET, "ssh-ed25519 AAAA"], ids=["short", "secret", "other"])
def test_a_wrong_public_key_is_refused_at_the_start(machines, key, tmp_path):
    result = Machine(tmp_path, f"sqlite:///{tmp_path}/x").run("-c", "import portal.settings", BACKUP_RECIPIENT=key)
    assert "BACKUP_RECIPIENT" in result.stderr
    assert key[:30] not in result.stderr or len(key) < 20


@pytest.mark.django_db
def test_who_was_erased_since_is_named_from_the_log_that_goes(made, key, capsys, monkeypatch):
    start = {"made": (timezone.now() - timedelta(days=2)).isoformat()}
    nothing = {"start": start, "tables": {}, "files": {}, "missing": []}
    for days, number in ((3, "L-2026-AAAAAA"), (1, "L-2026-BBBBBB")):
        entry = audit.entry(audit.Action.ERASE, kind="Lotsin oder Lotse", Nummer=number)
        entry.at = timezone.now() - timedelta(days=days)
        entry.save()
    monkeypatch.setattr(restoring, "restore", lambda *args: (nothing, 0))
    call_command("restore", str(made), "--key", str(key), "--replace")
    said = capsys.readouterr().out
    assert re.search(r"Im Protokoll, das gerade ersetzt wurde, stehen: L-2026-BBBBBB \(\d\d\.", said)
    assert "L-2026-AAAAAA" not in said
    assert "Wird ersetzt: Seiten: 1." in said


def test_what_is_there_is_never_overwritten(made):
    before = made.read_bytes()
    with pytest.raises(CommandError, match="gibt es schon"):
        call_command("backup", str(made))
    assert made.read_bytes() == before
    with pytest.raises(CommandError, match="gibt es nicht"):
        call_command("backup", str(made.parent / "weg" / "x.tar.age"))


@pytest.fixture
def folder(made, settings, tmp_path):
    settings.BACKUP_DIR, settings.BACKUP_KEEP = str(tmp_path / "sicherung"), 3
    (tmp_path / "sicherung").mkdir()
    return tmp_path / "sicherung"


def test_each_day_there_is_one_more_and_the_oldest_goes(folder):
    for name in ("01-02", "01-03", "01-03-1200", "01-04", "01-05"):
        (folder / f"portal-2020-{name}.tar.age").touch()
    (folder / "andere.tar.age").touch()
    call_command("daily_backup")
    today = f"portal-{timezone.localdate()}.tar.age"
    left = ["andere.tar.age", "portal-2020-01-04.tar.age", "portal-2020-01-05.tar.age", today]
    assert sorted(path.name for path in folder.iterdir()) == left
    written = (folder / today).stat().st_mtime_ns
    call_command("daily_backup")
    assert (folder / today).stat().st_mtime_ns == written


def test_nothing_goes_before_a_new_one_is_there(folder, monkeypatch):
    for day in range(1, 9):
        (folder / f"portal-2020-01-0{day}.tar.age").touch()

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "write", full)
    with pytest.raises(CommandError, match="kein Platz mehr"):
        call_command("daily_backup")
    assert len(list(folder.iterdir())) == 8
    assert "kein Platz" in Backup.objects.first().problem


def test_without_folder_or_key_the_day_goes_by_without(made, settings, tmp_path):
    for folder, keys in (("", [PUBLIC]), (str(tmp_path), [])):
        settings.BACKUP_DIR, settings.BACKUP_RECIPIENT = folder, keys
        call_command("daily_backup")
    assert Backup.objects.count() == 1


# The start page --------------------------------------------------------------------------------------------


def said(user):
    return [
        f"{line.aside} {line.words}" for found in to_do(user).values() for line in found if line.area == "Sicherung"
    ]


@pytest.mark.django_db
def test_administration_hears_that_there_is_no_backup(settings):
    user = staff("administration", ADMINISTRATORS)
    assert said(user) == []  # while somebody tries it out
    settings.BACKUP_EXPECTED = True
    assert said(user) == ["bisher keine gelungen"]
    Backup.objects.create(worked=False, problem="In /backup ist kein Platz mehr für die Sicherung.")
    assert re.fullmatch(
        r"bisher keine gelungen; zuletzt gescheitert am .*: In /backup ist kein Platz .*", said(user)[0]
    )
    assert said(staff("redaktion", EDITORS)) == []


@pytest.mark.django_db
def test_administration_hears_when_the_last_good_one_is_old(administrator, site):
    user = administrator.get("/admin/").wsgi_request.user
    Backup.objects.create(worked=True, size=1_234_000_000, at=timezone.now() - timedelta(hours=47))
    assert said(user) == []
    Backup.objects.update(at=timezone.now() - timedelta(hours=49))
    when = timezone.localtime(Backup.objects.get().at).strftime("%d.%m.%Y")
    assert re.fullmatch(rf"seit dem {when} \d\d:\d\d \(1,2 GB\) keine gelungen", said(user)[0])
    html = " ".join(administrator.get("/admin/").content.decode().split())
    assert f"Sicherung: seit dem {when}" in html
