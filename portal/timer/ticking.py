"""One pass over what is due: mail first, then the other jobs of each minute, then those of the day."""

import io
import logging
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection
from django.db.models import F
from django.utils import timezone

from portal import logs

from . import jobs
from .lock import one_at_a_time
from .models import LONGEST, Job

logger = logging.getLogger("portal.timer")

# Set by SIGTERM. The pass ends after the job at hand; a job that is long may look, too.
stop = threading.Event()


@contextmanager
def ending_gently() -> Iterator[None]:
    """SIGTERM is heard, and answered after the job at hand."""
    stop.clear()
    before = signal.signal(signal.SIGTERM, lambda *_args: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class TooLong(BaseException):
    """Not an Exception: jobs go on after those that concern a single row."""


def tick() -> bool:
    """False if another process is at it."""
    with one_at_a_time() as held:
        if held is None:
            return False
        pick_up()
        for name, options in due():
            if stop.is_set() or not held():
                break
            attempt(name, options)
    return True


def pick_up() -> None:
    """Nobody else is at work, so what is still noted as running has been killed."""
    left = Job.objects.filter(name__in=jobs.names(), running_since__isnull=False)
    left.update(running_since=None, failed=timezone.now(), error="mittendrin abgebrochen", failures=F("failures") + 1)


def due() -> Iterator[jobs.Job]:
    yield from jobs.of_each_minute()
    known = Job.objects.in_bulk()
    for name, options in jobs.of_each_day():
        if name not in known or known[name].is_due(timezone.now(), timezone.localdate()):
            yield name, options


def attempt(name: str, options: dict) -> bool:
    """One job; its failure must not stop the others. True if it worked."""
    said = io.StringIO()
    try:
        with noted(name), no_longer_than(LONGEST):
            call_command(name, stdout=said, stderr=said, **options)
    except TooLong:
        logger.error("%s was stopped after %s", name, LONGEST)
        return False
    except Exception:
        logger.exception("%s failed", name)
        return False
    finally:
        for line in filter(None, said.getvalue().splitlines()):
            logger.info("%s: %s", name, line)
    return True


@contextmanager
def noted(name: str) -> Iterator[None]:
    """Writes down how a job goes. For what others start, such as a backup, too."""
    drop_dead_connection()
    now, today, began = timezone.now(), timezone.localdate(), time.monotonic()
    Job.objects.update_or_create(name=name, defaults={"running_since": now, "started": now})
    row = Job.objects.filter(name=name)
    try:
        yield
    except (Exception, TooLong) as error:
        if isinstance(error, TooLong):
            connection.close()  # it may be waiting for an answer
        drop_dead_connection()
        row.update(running_since=None, failed=timezone.now(), error=in_short(error), failures=F("failures") + 1)
        raise
    drop_dead_connection()
    seconds = round(time.monotonic() - began, 2)
    # The day it began on: what runs over midnight is due again.
    row.update(running_since=None, succeeded=timezone.now(), seconds=seconds, error="", failures=0, done_on=today)


def drop_dead_connection() -> None:
    """The next question opens a new one. Within a transaction Django would drop a living one, too."""
    if not connection.in_atomic_block:
        close_old_connections()


@contextmanager
def no_longer_than(limit: timedelta) -> Iterator[None]:
    def give_up(*_args):
        raise TooLong

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def in_short(error: BaseException) -> str:
    """What it was and where in our code. Its own words only where they are ours: others' may name a person."""
    if isinstance(error, TooLong):
        return f"nach {LONGEST.seconds // 60} Minuten abgebrochen"
    if isinstance(error, CommandError):
        return logs.scrubbed(str(error))[:200]
    ours = [
        f"{path.relative_to(settings.BASE_DIR)}, Zeile {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(settings.BASE_DIR) and ".venv" not in path.parts
    ]
    return f"{type(error).__name__} in {ours[-1]}"[:200]
