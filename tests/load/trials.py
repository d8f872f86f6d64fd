"""Each prints what it saw; the tests try the same with small numbers."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from .portal import Portal, get
from .readers import Readers, Seen


def edits(portal: Portal, number: int, readers: int = 8, servers: int = 2) -> Seen:
    """`number` edits in the admin while people read, at several servers."""
    ports = [portal.start(workers=2) for _server in range(servers)]
    with Readers(ports, readers, pause=0.01) as people:
        for edit in range(1, number + 1):
            status = portal.edit(ports[edit % servers], edit)
            assert status == 302, f"edit {edit}: {status}"
            people.published = edit
    return people.seen


def kill_workers(portal: Portal, times: int, readers: int = 8) -> Seen:
    """Processes that answer are killed in the middle; others go on, and the killed come back."""
    port = portal.start(workers=3)
    with Readers([port], readers, pause=0.005) as people:
        for _time in range(times):
            time.sleep(1)
            os.kill(portal.workers()[0], signal.SIGKILL)
        time.sleep(2)
        assert len(portal.workers()) == 3
    return people.seen


def without(portal: Portal, stop: Callable, start: Callable, readers: int = 8, seconds: float = 3) -> tuple[Seen, ...]:
    """Before, while and after something the portal leans on is gone; people read a page that every process knows."""
    port = portal.start(workers=2)
    for _time in range(40):
        get(port, "/de/stand/")
    found = []
    for change in (None, stop, start):
        if change:
            change()
        with Readers([port], readers, pause=0.005) as people:
            time.sleep(seconds)
        found.append(people.seen)
    return tuple(found)


def memory(portal: Portal) -> float:
    """What the answering processes have to themselves, in MB."""
    rows = [row for pid in portal.workers() for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
    return sum(int(row.split()[1]) for row in rows if row.startswith(("Private_Clean", "Private_Dirty"))) / 1024


def soak(portal: Portal, minutes: float, share: float = 0.8) -> list[tuple[int, float, float, int]]:
    """At that share of what it can do; per tenth of the time: requests, p99 in ms, MB, failures."""
    port = portal.start(workers=2)
    capacity = measure(port, seconds=5)
    readers = 8
    rows = []
    for _tenth in range(10):
        with Readers([port], readers, pause=readers / (capacity * share)) as people:
            time.sleep(minutes * 6)
        seen = people.seen
        rows.append((sum(seen.answers.values()), seen.p99 * 1000, memory(portal), seen.failed))
    return rows


def measure(port: int, seconds: float) -> float:
    """Requests a second, with the same readers that load it afterwards."""
    with Readers([port], 8) as people:
        time.sleep(seconds)
    return sum(people.seen.answers.values()) / seconds
