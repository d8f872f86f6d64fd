"""Asks several servers in turn, round by round: what slows the machine down for a while slows all of them down."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import NamedTuple

from . import cores

SCRIPT = Path(__file__).with_name("wrk.lua")
CONNECTIONS = 32  # with few of them it would be luck which thread they wait for
FORM = "application/x-www-form-urlencoded"


class Round(NamedTuple):
    asked: int
    seconds: float
    p50: float  # ms
    p99: float
    failed: int
    bytes: int


@dataclass
class Question:
    """What is asked of a server. `lines` as wrk.lua reads them, or what gives new ones for each round."""

    name: str
    port: int
    lines: Sequence[str] | Callable[[], Sequence[str]]
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    rounds: list[Round] = field(default_factory=list)

    def for_this_round(self) -> Sequence[str]:
        return self.lines() if callable(self.lines) else self.lines

    def check(self) -> None:
        """Does the server answer as it should? wrk itself counts errors only; it warms up besides."""
        path, _tab, body = self.for_this_round()[0].replace("{n}", "0").partition("\t")
        status = status_of(self.port, path, body, {**PROXY, **self.headers})
        if status != self.status:
            raise RuntimeError(f"{self.name}: {path} gives {status} and not {self.status}")

    @property
    def per_second(self) -> float:
        return median(found.asked / found.seconds for found in self.rounds)

    @property
    def p50(self) -> float:
        return median(found.p50 for found in self.rounds)

    @property
    def p99(self) -> float:
        return median(found.p99 for found in self.rounds)


# As a proxy in front would say it.
PROXY = {"X-Forwarded-Proto": "https"}


def status_of(port: int, path: str, body: str, headers: dict[str, str]) -> int:
    server = HTTPConnection("localhost", port, timeout=60)
    try:
        if body:
            server.request("POST", path, body, {**headers, "Content-Type": FORM})
        else:
            server.request("GET", path, headers=headers)
        return server.getresponse().status
    finally:
        server.close()


def ask(question: Question, folder: Path, seconds: float, connections: int, number: int) -> Round:
    file = folder / "questions.txt"
    file.write_text("\n".join(question.for_this_round()) + "\n")
    headers = {**PROXY, **({"Content-Type": FORM} if "\t" in question.for_this_round()[0] else {}), **question.headers}
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", str(SCRIPT)]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    # By the same name as status_of() and whoever asks for an ETag: pages name their own address.
    command += [f"http://localhost:{question.port}/", str(file), str(number)]
    with cores.on(cores.LOAD):
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = Round(**json.loads(output.rpartition("BENCH ")[2]))
    sent_whole = question.status == 304 and found.bytes > 1000 * found.asked
    if found.failed or not found.asked or sent_whole:
        raise RuntimeError(
            f"{question.name}: {found.failed} of {found.asked} went wrong, {found.bytes} bytes\n{output}"
        )
    return found


def race(questions: Sequence[Question], folder: Path, rounds: int, seconds: float, connections: int = CONNECTIONS):
    for question in questions:
        question.check()
    for number in range(rounds):
        for question in questions:
            question.rounds.append(ask(question, folder, seconds, connections, number))
            question.check()  # waits for what the server is still doing for those who have gone


def ratio(one: Question, other: Question) -> float:
    """The median of the rounds' ratios: each compares what was asked right after another."""
    pairs = zip(one.rounds, other.rounds, strict=True)
    return median((a.asked / a.seconds) / (b.asked / b.seconds) for a, b in pairs)


def ratio_of_p99(one: Question, other: Question) -> float:
    return median(a.p99 / b.p99 for a, b in zip(one.rounds, other.rounds, strict=True))
