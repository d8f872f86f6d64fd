"""One at a time, across processes and machines, by a lock that goes with its holder, however that one ends."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import DEFAULT_DB_ALIAS, connection, connections

NUMBER = 1_952_670_571  # PostgreSQL's locks have numbers, for each database its own


@contextmanager
def one_at_a_time() -> Iterator[Callable[[], bool] | None]:
    """Gives None if another process is at it, else a function that tells whether the lock is still held."""
    with of_the_server() if connection.vendor == "postgresql" else of_a_file() as held:
        yield held


@contextmanager
def of_the_server() -> Iterator[Callable[[], bool] | None]:
    """On a connection of its own: jobs close theirs, and the lock would go with it."""
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with own.cursor() as cursor:
            # A machine that loses power closes nothing; after two minutes the server takes it for gone.
            cursor.execute(
                "SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 20; SET tcp_keepalives_count = 3"
            )
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [NUMBER])
            taken = cursor.fetchone()[0]
        yield own.is_usable if taken else None
    finally:
        own.close()


@contextmanager
def of_a_file() -> Iterator[Callable[[], bool] | None]:
    """Beside the database. The file stays, the lock does not."""
    # Only read, so that it does not matter which user has made it.
    number = os.open(f"{connection.settings_dict['NAME']}-timer", os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        taken = False
        with suppress(BlockingIOError):
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken = True
        yield (lambda: True) if taken else None
    finally:
        os.close(number)
