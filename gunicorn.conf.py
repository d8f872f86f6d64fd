# How gunicorn serves the portal, in the container and without. Only the address is named where it is started (--bind).
import os
import socket
import struct
import sys
from pathlib import Path

from gunicorn.glogging import Logger

sys.path.insert(0, str(Path(__file__).parent))
from portal.logs import JSONLines

workers = int(os.environ.get("WEB_CONCURRENCY", 2))
threads = 4
if Path("/dev/shm").is_dir():
    worker_tmp_dir = "/dev/shm"  # a sign of life each second needs no disk

timeout = 60  # a process that answers nothing for so long starts anew
graceful_timeout = 30  # what has begun may end, when the portal is stopped
keepalive = 5
control_socket_disable = True  # a way in that nobody here uses

# Who has begun to say something and says no more, or does not take what he has asked for, holds one of the few threads for
# as long. The server in front should let nobody through before he has said it all; this is for the day it does.
SILENCE = 10  # seconds


def when_ready(server):
    if sys.platform == "linux":  # elsewhere connections do not inherit it from where they come in
        for listener in server.LISTENERS:
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                listener.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", SILENCE, 0))


# Above what browsers send. The form for uploads is limited by the portal itself.
limit_request_line = 8190
limit_request_fields = 60
limit_request_field_size = 8190

# Whatever leaks memory does not leak for ever; not all processes at once. On the worst day ready pages alone are thousands a
# second, and a process that starts anew answers none for as long as it takes.
max_requests = 500_000
max_requests_jitter = 100_000


class Quiet(Logger):
    """No log of who reads what: whoever wants one makes it in the server before this one."""

    def access(self, *args):
        """gunicorn would put each line together, and only then see that nobody wants it."""

    def exception(self, *args, **kwargs):
        """Whoever fell silent is no mistake of ours."""
        if not isinstance(sys.exception(), BlockingIOError):
            super().exception(*args, **kwargs)


logger_class = Quiet
# One line for each record to stdout.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JSONLines}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False}},
}
