"""What the tests need beside Python: PostgreSQL's server programs and Chromium. Installs them where it may.

`python -m tests.machine a11y` asks for what the accessibility checkers need: npm brings them, Java runs one of them.
`python -m tests.machine bench` asks for what `make bench` needs: a load generator, Redis and PostgreSQL.
"""

import os
import shutil
import subprocess
import sys

from tests.postgres import binaries


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def missing(purpose: str) -> list[str]:
    packages = []
    if purpose == "a11y":
        if not shutil.which("npm"):
            packages += ["nodejs", "npm"]
        if not shutil.which("java"):
            packages.append("default-jre-headless")
    elif purpose == "bench":
        packages += [package for package in ("wrk", "redis-server") if not shutil.which(package)]
        if not binaries():
            packages.append("postgresql")
    elif not os.environ.get("DATABASE_URL") and not binaries():
        packages.append("postgresql")
    if purpose == "tests" and not shutil.which("redis-server"):
        packages.append("redis-server")
    if purpose != "bench" and not chromium():
        packages.append("chromium")
    return packages


ELSEWHERE = {
    "tests": "CHROMIUM=/path/to/chromium, PG_BINDIR=/path/to/postgresql/bin, or "
    "DATABASE_URL=postgres://… of a server the tests may create databases on.",
    "bench": "wrk and redis-server on the PATH, and PG_BINDIR=/path/to/postgresql/bin.",
    "a11y": "CHROMIUM=/path/to/chromium, and npm (with Node.js 18 or newer) and java (11 or newer) on the PATH.",
}


def main(purpose: str = "tests") -> None:
    packages = missing(purpose)
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' and '.join(packages)} …", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        subprocess.run(
            install, check=False, stdout=subprocess.DEVNULL, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
        packages = missing(purpose)
    if packages:
        sys.exit(
            f"The tests cannot run: {' and '.join(packages)} missing. On Debian or Ubuntu:\n"
            f"  sudo apt-get install --no-install-recommends {' '.join(packages)}\n"
            f"Elsewhere: {ELSEWHERE[purpose]}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
