import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tests import postgres
from tests.forms import form_data
from tests.mailserver import free_port

ROOT = Path(__file__).resolve().parents[2]

# Somebody of the staff, signed in with both factors, and a page whose text is a number.
SEED = """
import json, time
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django_otp.plugins.otp_static.models import StaticDevice
from portal.models import FederalState, Page, SiteProfile
SiteProfile.objects.update_or_create(pk=1, defaults={"title_de": "Portal", "name_de": "Landkreis Testland"})
page = Page.objects.create(title_de="Stand 0", slug="stand", status="published", body_de="<p>Stand 0</p>")
user = User.objects.create_superuser("last", "last@example.org", "ein-langes-Passwort")
device = StaticDevice.objects.create(user=user, name="Ersatzcodes")
session = SessionStore()
session.update({
    "_auth_user_id": str(user.pk), "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": user.get_session_auth_hash(), "otp_device_id": device.persistent_id,
    "verified_at": int(time.time()), "used_at": int(time.time()),
})
session.create()
print("SEEDED", json.dumps([page.pk, session.session_key]))
"""


class Portal:
    def __init__(self, folder: Path, database_url: str, **environment: str):
        self.folder, self.port = folder, free_port()
        self.processes: list[subprocess.Popen] = []
        self.environment = {
            "PATH": os.environ["PATH"],
            "DEBUG": "0",
            "SECRET_KEY": "nur fuer diese Probe, und lang genug dafuer: 0123456789",
            "ALLOWED_HOSTS": "localhost",
            "DATABASE_URL": database_url,
            "MEDIA_ROOT": str(folder / "media"),
            "LINK_CHECK": "0",
            **environment,
        }
        self.page = self.session = None

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def set_up(self) -> None:
        if not (ROOT / "staticfiles" / "staticfiles.json").exists():
            self.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.manage("migrate", "--verbosity", "0")
        seeded = re.search(r"SEEDED (.*)", self.manage("shell", "-v", "0", "-c", SEED))
        self.page, self.session = json.loads(seeded[1])

    def start(self, workers: int = 2, port: int | None = None) -> int:
        """One more server of this portal, as another container would be; its port."""
        port = port or free_port()
        arguments = ["portal.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
        command = [str(Path(sys.executable).parent / "gunicorn"), *arguments, "--log-level", "critical"]
        with (self.folder / f"server-{port}.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        self.processes.append(process)
        for _attempt in range(300):
            with contextlib.suppress(OSError):
                if get(port, "/healthz")[0] == 200:
                    return port
            if process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError((self.folder / f"server-{port}.log").read_text())

    def workers(self) -> list[int]:
        """The processes that answer, without the ones that watch over them."""
        found = []
        for process in self.processes:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            found += [int(number) for number in children.split()]
        return found

    def stop(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()

    def edit(self, port: int, number: int) -> int:
        """Somebody of the staff writes another number into the page, in the admin as a person does; the status."""
        path = f"/admin/portal/page/{self.page}/change/"
        cookies = {"Cookie": f"__Secure-sessionid={self.session}"}
        status, headers, html = get(port, path, cookies)
        if status != 200:
            return status
        token = re.search(r"csrftoken=(\w+)", headers["set-cookie"])
        data = form_data(html) | {"title_de": f"Stand {number}", "body_de": f"<p>Stand {number}</p>", "_save": "1"}
        cookies["Cookie"] += f"; __Secure-csrftoken={token[1]}"
        return post(port, path, data, cookies)


def get(port: int, path: str, headers: dict | None = None, timeout: float = 30) -> tuple[int, dict, str]:
    server = HTTPConnection("localhost", port, timeout=timeout)
    try:
        server.request("GET", path, headers=headers or {})
        answer = server.getresponse()
        return (
            answer.status,
            {name.lower(): answer.getheader(name) for name, _ in answer.getheaders()},
            answer.read().decode(),
        )
    finally:
        server.close()


def post(port: int, path: str, data: dict, headers: dict | None = None) -> int:
    server = HTTPConnection("localhost", port, timeout=30)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        server.request("POST", path, urlencode(data, doseq=True), headers)
        answer = server.getresponse()
        answer.read()
        return answer.status
    finally:
        server.close()


@contextlib.contextmanager
def running(folder: Path, database: str, **environment: str) -> Iterator[Portal]:
    """The portal on an empty database of that kind, gone afterwards."""
    with contextlib.ExitStack() as stack:
        if database == "postgresql":
            url = stack.enter_context(postgres.server())
        else:
            url = f"sqlite:///{folder / 'portal.sqlite3'}"
        portal = Portal(folder, url, **environment)
        try:
            portal.set_up()
            yield portal
        finally:
            portal.stop()
