"""On what it was measured: figures are worth nothing without it."""

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

from django.utils import timezone

from tests import postgres

from . import cores, servers


def conditions() -> dict[str, str]:
    return {
        "Datum": f"{timezone.localdate():%d.%m.%Y}",
        "Maschine": f"{processor()}, {len(cores.ALL)} Kerne, {memory()}, {platform.system()} {platform.release()}",
        "Last davor": f"{os.getloadavg()[0]:.1f} (so viele Programme wollten schon rechnen, bevor es losging)",
        "Kerne": "Server auf einem, wrk auf einem anderen" if len(cores.ALL) > 1 else "alle auf einem",
        "Python": platform.python_version(),
        "Django, gunicorn": f"{version('django')}, {version('gunicorn')} (ein Arbeitsprozess gthread mit vier Threads)",
        "Datenbanken": f"SQLite {sqlite3.sqlite_version}, {line(postgres.binaries() / 'postgres', '--version')}",
        "Wagtail": line(servers.OTHERS, "-c", "import wagtail; print(wagtail.__version__)"),
        "Redis": line("redis-server", "--version").partition("v=")[2].partition(" ")[0],
    }


def line(*command) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[0]


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
