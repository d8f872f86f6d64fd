"""The run. BENCH_ROUNDS and BENCH_SIZES make it shorter; a shortened one only prints what it has found."""

import os
import tempfile
import time
from pathlib import Path

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()  # for signing forms
    from tests.load.portal import ROOT

    from . import report
    from .conditions import conditions
    from .trial import Trial

    rounds = int(os.environ.get("BENCH_ROUNDS", "5"))
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(",")]
    short = bool(os.environ.keys() & {"BENCH_ROUNDS", "BENCH_SIZES"})
    begun, around = time.monotonic(), conditions()
    found = {}
    for database in ("SQLite", "PostgreSQL"):
        with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
            found[database] = Trial(database, Path(folder), rounds, sizes).run()
    around["Dauer"] = f"{(time.monotonic() - begun) / 60:.0f} Minuten, {rounds} Runden"
    text = report.text(found, around, sizes)
    print(text)
    if not short:
        (ROOT / "docs" / "benchmarks.md").write_text(text)


if __name__ == "__main__":
    main()
