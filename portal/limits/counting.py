"""How often something may be done.

Counted in the database: every process sees it, a restart forgets nothing, and no further server has to run. When the
database is busy for so long that it cannot count, it could not keep anything either: that is an OperationalError, which
errors.unavailable() answers with all that was written.
"""

import ipaddress
import time
from threading import Lock

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

# Whoever waits for SQLite waits ten seconds at most, and may be overtaken all the time; within a process nobody is.
TURN = Lock()

# One statement, so two at the same moment count as two. SQLite and PostgreSQL both know it.
COUNT = """
    INSERT INTO limits_tally (key, count, until) VALUES (%(key)s, 1, %(end)s)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN limits_tally.until <= %(now)s THEN 1 ELSE limits_tally.count + 1 END,
        until = CASE WHEN limits_tally.until <= %(now)s THEN excluded.until ELSE limits_tally.until END
    RETURNING count, until
"""


def count(key: str, seconds: int) -> tuple[int, int]:
    """The how manieth time this is, and after how many seconds it begins anew."""
    now = int(time.time())
    with TURN, connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "end": now + seconds, "now": now})
        number, until = cursor.fetchone()
    return number, max(1, until - now)


def wait(key: str, most: int, seconds: int) -> int:
    """How many seconds to wait: 0 for the first `most` times within `seconds`."""
    number, left = count(key, seconds)
    return left if number > most else 0


def is_first(key: str, seconds: int) -> bool:
    return count(key, seconds)[0] == 1


def client_ip(request) -> str:
    """Behind a proxy the address that the nearest proxy saw; a header from outside is not believed."""
    if settings.TRUST_PROXY:
        return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or request.META["REMOTE_ADDR"]
    return request.META["REMOTE_ADDR"]


def origin(request) -> str:
    """One of 65,536 numbers for where a request comes from: enough to count by, and no way back to anybody.

    Of IPv6 it is the network, as one household has more addresses than anybody could count. So few numbers also bound
    the table, whatever somebody sends and from wherever.
    """
    sender = client_ip(request)
    try:
        address = ipaddress.ip_address(sender)
        if address.version == 6:
            sender = str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        pass  # a socket or a proxy that says something else; all of them count as one
    return salted_hmac("portal.limits.origin", sender, algorithm="sha256").hexdigest()[:4]
