"""Servers on one core and who asks them on another, where there are two and the system can keep them apart."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

CAN = hasattr(os, "sched_setaffinity")
ALL = sorted(os.sched_getaffinity(0)) if CAN else list(range(os.cpu_count() or 1))
SERVERS, LOAD = (ALL[:1], ALL[1:2]) if len(ALL) > 1 else (ALL, ALL)


@contextmanager
def on(chosen: list[int]) -> Iterator[None]:
    """Whatever is started here runs on these cores only."""
    if not CAN:
        yield
        return
    os.sched_setaffinity(0, chosen)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL)
