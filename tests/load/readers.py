import re
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from statistics import quantiles


@dataclass
class Seen:
    """What the readers of a trial met with."""

    answers: Counter = field(
        default_factory=Counter
    )  # by status; "broken" is a line that was cut, "refused" none at all
    old: list = field(default_factory=list)  # (shown, published before somebody asked)
    failed_at: list = field(default_factory=list)  # moments of the monotonic clock
    seconds: list = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(count for status, count in self.answers.items() if status != 200)

    @property
    def p99(self) -> float:
        return quantiles(self.seconds, n=100)[-1]


class Readers:
    """Threads that read one page after another, each on a line it keeps, as browsers do."""

    def __init__(self, ports: list[int], number: int, path: str = "/de/stand/", pause: float = 0):
        self.ports, self.path, self.pause = ports, path, pause
        self.published = 0  # of which number everybody has to know
        self.seen = Seen()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.read, args=[place], daemon=True) for place in range(number)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        for thread in self.threads:
            thread.join(30)

    def read(self, place: int) -> None:
        server = None
        while not self.over.is_set():
            server = server or HTTPConnection("localhost", self.ports[place % len(self.ports)], timeout=20)
            published, begun = self.published, time.monotonic()
            try:
                server.request("GET", self.path)
                answer = server.getresponse()
                status, html = answer.status, answer.read().decode()
            except ConnectionRefusedError:
                status, html = "refused", ""
            except (OSError, HTTPException):
                status, html = "broken", ""
            if status in {"refused", "broken"}:
                with suppress(OSError):
                    server.close()
                server = None
                time.sleep(0.02)
            self.seen.answers[status] += 1
            self.seen.seconds.append(time.monotonic() - begun)
            if status != 200:
                self.seen.failed_at.append(begun)
            elif (shown := re.search(r"<h1>Stand (\d+)</h1>", html)) and int(shown[1]) < published:
                self.seen.old.append((int(shown[1]), published))
            time.sleep(self.pause)
