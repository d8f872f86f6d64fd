"""Each contestant is one process of gunicorn with four threads, on a core of its own."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.load.portal import ROOT, get
from tests.mailserver import free_port

from . import cores
from .wrk import PROXY

OTHERS = ROOT / ".venv-bench" / "bin" / "python"  # Wagtail and the client of Redis are no part of the portal


def python() -> str:
    """For those the portal is compared with; `make bench` makes it."""
    return str(OTHERS) if OTHERS.exists() else sys.executable


class Server:
    def __init__(self, app: str, folder: Path, environment: dict[str, str], path: str, python: str = sys.executable):
        self.app, self.folder, self.environment, self.path, self.python = app, folder, environment, path, python
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.log = folder / f"{app.partition(':')[0]}-{self.port}.log"

    def start(self) -> float:
        """Seconds until it has given its first answer."""
        address = ["--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--workers", "1", "--threads", "4"]
        command = [self.python, "-m", "gunicorn", self.app, *address, "--log-level", "critical", "--no-control-socket"]
        with cores.on(cores.SERVERS), self.log.open("ab") as log:
            begun = time.monotonic()
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        while self.process.poll() is None and time.monotonic() < begun + 120:
            with contextlib.suppress(OSError):
                if get(self.port, self.path, PROXY)[0] == 200:
                    return time.monotonic() - begun
                break
            time.sleep(0.01)
        raise RuntimeError(f"{self.app} does not answer {self.path} with a page\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def memory(self) -> dict[str, float]:
        """Of the process that answers, in MB: what it has to itself, and with its share of what several use (PSS)."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        rows = Path(f"/proc/{children[0]}/smaps_rollup").read_text().splitlines()[1:]
        size = {name: int(rest.split()[0]) / 1024 for name, rest in (row.split(":", 1) for row in rows)}
        return {"private": size["Private_Clean"] + size["Private_Dirty"], "pss": size["Pss"]}


def base(database_url: str, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DATABASE_URL": database_url, **more}


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()
