"""A throw-away PostgreSQL for one command: `python -m tests.postgres pytest`.

Debian's own programs in a temporary folder, reachable by a socket only. PostgreSQL refuses to run as root,
so there it runs as the user its package has made. With DATABASE_URL set, that server is used instead.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


def binaries() -> Path | None:
    if folder := os.environ.get("PG_BINDIR"):
        return Path(folder)
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


OPTIONS = (
    "-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=50 "
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
)


def run(folder: Path, program: str, *arguments: str) -> None:
    user = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        os.chown(folder, account.pw_uid, account.pw_gid)
    command = [str(binaries() / program), "-D", str(folder / "data"), *arguments]
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    subprocess.run(command, check=True, cwd="/", env=env, stdout=subprocess.DEVNULL, **user)


def start(folder: Path) -> None:
    run(folder, "pg_ctl", "-w", "-s", "-l", str(folder / "log"), "-o", OPTIONS.format(folder=folder), "start")


def kill(folder: Path) -> None:
    """As if the machine had lost its power."""
    os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Starts a server, yields its DATABASE_URL, and leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))  # a socket's path has at most 107 bytes
    try:
        run(folder, "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        start(folder)
        yield f"postgres://postgres@/{folder}/postgres"  # a socket: the folder stands where the host would
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            with contextlib.suppress(subprocess.CalledProcessError):  # it may be dead already
                run(folder, "pg_ctl", "-m", "immediate", "-w", "-s", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return subprocess.run(sys.argv[1:], check=False).returncode
    with server() as url:
        return subprocess.run(sys.argv[1:], check=False, env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main())
