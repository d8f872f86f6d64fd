"""`make load`: 500 edits while people read, and minutes at four fifths of what the portal can do, on both databases.

LOAD_EDITS and LOAD_MINUTES make it shorter.
"""

import os
import tempfile
from pathlib import Path

from . import trials
from .portal import running

EDITS = int(os.environ.get("LOAD_EDITS", "500"))
MINUTES = float(os.environ.get("LOAD_MINUTES", "5"))


def main() -> None:
    for database in ("sqlite", "postgresql"):
        with tempfile.TemporaryDirectory() as folder, running(Path(folder), database) as portal:
            print(f"== {database}: {EDITS} edits at two servers with two processes each", flush=True)
            seen = trials.edits(portal, EDITS)
            print(f"{dict(seen.answers)}, older than the last edit: {len(seen.old)}, p99 {seen.p99 * 1000:.0f} ms")
            portal.stop()
            portal.processes.clear()
            print(f"== {database}: {MINUTES:g} minutes at 80 % of capacity, in tenths", flush=True)
            print(f"{'requests':>10}{'p99 ms':>10}{'MB':>10}{'failed':>10}")
            for requests, p99, megabytes, failed in trials.soak(portal, MINUTES):
                print(f"{requests:>10}{p99:>10.1f}{megabytes:>10.1f}{failed:>10}", flush=True)


if __name__ == "__main__":
    main()
