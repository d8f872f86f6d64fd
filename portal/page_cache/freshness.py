"""Which version the contents have, asked of the database for every page that is handed out.

A query on a connection of its own beside Django: nothing needs to be told to other processes or machines, and nothing can
be missed. SQLite is asked only after something was committed (wal_index.py). PostgreSQL gives its word for a moment: whoever
changes the contents takes a lock and waits that long before the commit (triggers.py), so what was read while nobody
had the lock stays true for as long.
"""

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from mmap import mmap

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from portal.models import Publishable

from .wal_index import HEADER, wal_index

QUERY = "SELECT token FROM page_cache_contentversion"
MOMENT = 0.005  # seconds for which a version stays true that was read while nobody was changing it
# Two statements, since each sees what was committed before it began: with the lock held, the second one sees the version
# of everybody who ever had it. The lock is given back when the second one is through.
QUERY_WITH_LOCK = """
SELECT set_config('portal.nobody_else', pg_try_advisory_xact_lock(hashtext('page_cache'))::text, true);
SELECT token, current_setting('portal.nobody_else') FROM page_cache_contentversion
"""
PAUSE = 1  # seconds without asking a database that did not answer


class Freshness:
    def __init__(self):
        self.mine = threading.local()  # each thread's connection
        self.asks_again_at = 0.0
        self.lock = threading.Lock()
        self.known = ("", 0.0, 0.0)  # a version, and from when until when its contents look the same
        self.index: mmap | None = None  # of a SQLite database, with what it began when this version was read
        self.read: tuple[bytes, str, float] = (b"", "", 0.0)  # and until when it is true in any case

    def version(self) -> str | None:
        """The contents' version; "" while none may be kept; None if the database does not say."""
        begins = self.index[:HEADER] if self.index else b""
        before, version, true_until = self.read
        now = time.monotonic()
        if (begins and begins == before) or now < true_until:
            return version
        if now < self.asks_again_at:
            return None
        for _attempt in (1, 2):  # a connection that was cut meanwhile is opened again
            try:
                if not hasattr(self.mine, "ask"):
                    self.mine.connection = connections.create_connection(DEFAULT_DB_ALIAS)
                    self.mine.ask = asking(self.mine.connection)
                    self.index = wal_index(self.mine.connection)
                now = time.monotonic()
                version, moment = self.mine.ask()
                self.read = (begins, version, now + moment)  # what was committed meanwhile has another beginning
                return version
            except Exception:  # whatever the drivers call it: there is no answer
                self.close()
        self.asks_again_at = time.monotonic() + PAUSE
        return None

    def close(self) -> None:
        """This thread's connection."""
        if hasattr(self.mine, "connection"):
            with suppress(DatabaseError):
                self.mine.connection.close()
        vars(self.mine).clear()
        self.read = (b"", "", 0.0)

    def until(self, version: str, now: float) -> float:
        """When what a page of this version says of the time may no longer be true, as a time stamp.

        With the minute, as places open and close, and whenever something is to appear or to disappear.
        """
        known, since, until = self.known
        if known != version or not since <= now < until:
            with self.lock:
                try:
                    until = min(now // 60 * 60 + 60, next_change(now))
                except DatabaseError:
                    return now  # gone again: what is made now is not kept for long
                self.known = (version, now, until)
        return until


def asking(connection: BaseDatabaseWrapper) -> Callable[[], tuple[str, float]]:
    """What asks for the version and for how long it stays true, past Django and past the upper half of the driver:
    both would cost more than the query.
    """
    connection.connect()
    raw = connection.connection
    if connection.vendor == "sqlite":
        return lambda: (raw.execute(QUERY).fetchone()[0], 0.0)
    server = raw.pgconn

    def ask() -> tuple[str, float]:
        result = server.exec_(QUERY_WITH_LOCK.encode())
        version, alone = (result.get_value(0, column).decode() for column in (0, 1))  # an error has no values
        return version, MOMENT if alone == "true" else 0.0

    return ask


def next_change(now: float) -> float:
    """The next moment at which something appears or disappears by its dates; one query.

    By hand: Django would take longer to put it together than for a whole page.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    moment = connection.ops.adapt_datetimefield_value(datetime.fromtimestamp(now, tz=UTC))
    dates = [
        f"SELECT {field} AS moment FROM {model._meta.db_table} WHERE status = %s AND {field} > %s"  # noqa: S608
        for model in apps.get_models()
        if issubclass(model, Publishable)
        for field in ("publish_from", "publish_until")
    ]
    with connection.cursor() as cursor:
        query = f"SELECT MIN(moment) FROM ({' UNION ALL '.join(dates)}) AS dates"  # noqa: S608
        cursor.execute(query, [Publishable.Status.PUBLISHED, moment] * len(dates))
        first = cursor.fetchone()[0]
    if isinstance(first, str):  # SQLite has no type for it; Django writes UTC
        first = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return first.timestamp() if first else math.inf
