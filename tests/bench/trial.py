"""What is measured of one kind of database: numbers by name (report.py says what they should be)."""

import contextlib
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg

from tests import postgres
from tests.load.portal import ROOT, Portal, get

from . import servers, sign_ups, wagtail, weight
from .servers import Server, base
from .wrk import PROXY, Question, race, ratio, ratio_of_p99

PAGE, ANEW = "/de/beratung/", "/de/beratung/?n={n}"
LIST = "/de/wegweiser/?n={n}"
# Common words, beginnings, two at once, and rare ones.
WORDS = ["beratung", "kurs", "famil", "arbeit+wohnung", "beratung+recht", *(f"wort{number}" for number in range(5))]
SEARCH = [f"/de/suche/?q={word}&n={{n}}" for word in WORDS]
DIRECTORY_SEARCH = [f"/de/wegweiser/?q={word}&n={{n}}" for word in WORDS]
FEW = 7  # starts, of which the median counts: each takes half a second, and the machine is not always as fast


@dataclass
class Found:
    numbers: dict[str, float] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)


@dataclass
class Trial:
    """The portal with the demo county, and whom it is compared with, on databases of the same server."""

    database: str
    folder: Path
    rounds: int
    sizes: list[int]
    with_wagtail: bool = True
    found: Found = field(default_factory=Found)

    def say(self, words: str) -> None:
        print(f"{self.database}: {words} …", flush=True)

    def run(self) -> Found:
        with contextlib.ExitStack() as stack:
            self.set_up(stack)
            self.starts()
            for server in self.servers:
                server.start()
            self.memory()
            self.first_visit()
            self.pages()
            self.posts()
            for size in self.sizes:
                self.directory(size)
        return self.found

    # Who takes part ----------------------------------------------------------------------------------

    def set_up(self, stack: contextlib.ExitStack) -> None:
        self.say("Beispiellandkreis wird geladen")
        urls = stack.enter_context(databases(self.database, self.folder))
        proxied = {"TRUST_PROXY": "1", "ALLOWED_HOSTS": "localhost,127.0.0.1"}
        self.made = Portal(self.folder, urls["portal"], **proxied)
        self.made.manage("collectstatic", "--no-input", "--verbosity", "0")
        self.made.set_up()
        self.made.manage("load_example", "musterland")
        self.portal = Server("portal.wsgi", self.folder, self.made.environment, PAGE)
        self.without_cache = Server("portal.wsgi", self.folder, {**self.made.environment, "PAGE_CACHE_MB": "0"}, PAGE)
        self.portal.start()
        page = get(self.portal.port, PAGE, PROXY)[2].encode()
        self.portal.stop()
        (self.folder / "page.html").write_bytes(page)
        self.found.numbers |= {"page bytes": len(page), "page gzip bytes": len(gzip.compress(page))}

        floor = base(urls["floor"], BENCH_PAGE=str(self.folder / "page.html"))
        self.bare = Server("tests.bench.floor:bare", self.folder, floor, "/", servers.python())
        self.floor = Server("tests.bench.floor:django", self.folder, floor, "/page/", servers.python())
        self.servers = [self.portal, self.without_cache, self.bare, self.floor]
        self.redis = self.wagtail = None
        if self.with_wagtail:
            with_redis = {**floor, "BENCH_REDIS": stack.enter_context(servers.redis(self.folder))}
            self.redis = Server("tests.bench.floor:django", self.folder, with_redis, "/page/", servers.python())
            self.say("Wagtail wird eingerichtet")
            self.wagtail = wagtail.set_up(self.folder / "wagtail", urls["wagtail"], len(page))
            self.servers += [self.redis, self.wagtail]
        for server in self.servers:
            stack.callback(server.stop)

    def race(self, questions: list[Question], rounds: int | None = None, **how) -> None:
        race(questions, self.folder, rounds or self.rounds, **how)
        self.found.questions += questions

    # What is measured --------------------------------------------------------------------------------

    def starts(self) -> None:
        if not self.wagtail:
            return
        self.say("Start bis zur ersten Seite")
        seconds = {self.portal: [], self.wagtail: []}
        for _start in range(FEW):
            for server, found in seconds.items():
                found.append(server.start())
                server.stop()
        ours, theirs = seconds.values()
        self.found.numbers |= {
            "start": median(ours),
            "start wagtail": median(theirs),
            "start × wagtail": median(a / b for a, b in zip(ours, theirs, strict=True)),
        }

    def memory(self) -> None:
        """Of a process that has answered a hundred times."""
        for server, name in ((self.portal, "memory"), (self.wagtail, "memory wagtail")):
            if server:
                path = server.path + ("?n={}" if server is self.portal else "")
                for number in range(100):
                    get(server.port, path.format(number), PROXY)
                sizes = server.memory()
                self.found.numbers |= {name: sizes["private"], f"{name} pss": sizes["pss"]}
        if self.wagtail:
            numbers = self.found.numbers
            numbers["memory × wagtail"] = numbers["memory pss"] / numbers["memory wagtail pss"]

    def first_visit(self) -> None:
        visits = [weight.visit(self.portal.port, path) for path in ("/de/", "/ar/")]
        heaviest = {name: max(getattr(visit, name) for visit in visits) for name in weight.Visit._fields}
        self.found.numbers |= {f"visit {name}": value for name, value in heaviest.items()}

    def pages(self) -> None:
        self.say("Seiten")
        bare = Question("nackte WSGI-Funktion, dieselben Bytes", self.bare.port, ["/"])
        cached = Question("Seite aus dem Seitenspeicher", self.portal.port, [PAGE])
        zipped = Question("… gzip", self.portal.port, [PAGE], {"Accept-Encoding": "gzip"})
        etag = get(self.portal.port, PAGE, PROXY)[1]["etag"]
        known = Question("… 304", self.portal.port, [PAGE], {"If-None-Match": etag}, status=304)
        locmem = Question("Djangos Cache-Middleware, LocMem", self.floor.port, ["/page/"])
        anew = Question("Seite neu gemacht (Seitenspeicher an)", self.portal.port, [ANEW])
        alone = Question("Seite neu gemacht (Seitenspeicher aus)", self.without_cache.port, [PAGE])
        questions = [bare, cached, zipped, known, locmem, anew, alone]
        if self.wagtail:
            redis = Question("Djangos Cache-Middleware, Redis", self.redis.port, ["/page/"])
            peer = Question("Wagtail, gleich schwere Seite", self.wagtail.port, [wagtail.PATH])
            questions += [redis, peer]
        self.race(questions, seconds=1)
        numbers = self.found.numbers
        numbers["cached × bare"] = ratio(cached, bare)
        numbers["gzip × bare"] = ratio(zipped, bare)
        numbers["304 × bare"] = ratio(known, bare)
        numbers["cached × locmem"] = ratio(cached, locmem)
        if self.wagtail:
            numbers["cached × redis"] = ratio(cached, redis)
            numbers["anew × wagtail"] = ratio(anew, peer)
            numbers["without cache × wagtail"] = ratio(alone, peer)

    def posts(self) -> None:
        self.say("Anmeldungen")
        seconds = 2
        ours = Question(
            "Anmeldung: gespeichert, Mail in der Warteschlange",
            self.portal.port,
            sign_ups.for_portal(self.made, self.portal.port, seconds),
            status=302,
        )
        floor = Question("kleinstes Formular in Django, eine Zeile", self.floor.port, sign_ups.for_floor, status=302)
        self.race([floor, ours], seconds=seconds)
        self.found.numbers["sign-up × form"] = ratio(ours, floor)

    def directory(self, size: int) -> None:
        self.say(f"Wegweiser mit {thousands(size)} Einträgen")
        in_portal(self.made, "tests.bench.directory", str(size))
        inside = json.loads(in_portal(self.made, "tests.bench.inside"))
        numbers = self.found.numbers
        for name, count in inside["queries"].items():
            numbers[f"queries {name}"] = max(count, numbers.get(f"queries {name}", 0))
        numbers |= {"list × manager": inside["list"], "pdf": max(inside["pdf"], numbers.get("pdf", 0))}
        numbers |= {f"{name} {size}": inside[name] for name in ("index", "contents", "word")}

        def questions(how: str) -> list[Question]:
            asked = {"Inhaltsseite": [ANEW], "Liste": [LIST], "Suche": SEARCH, "Suche im Wegweiser": DIRECTORY_SEARCH}
            return [
                Question(f"{name}, {thousands(size)} Einträge{how}", self.portal.port, lines)
                for name, lines in asked.items()
            ]

        page, _list, search, directory = several = questions("")
        self.race(several, seconds=2)
        # One after another: how long each really takes, without waiting for others.
        lone_page, lone_list, lone_search, lone_directory = alone = questions(", einzeln")
        self.race(alone, seconds=2, connections=1)
        for name, crowd, lone in (("search", search, lone_search), ("directory search", directory, lone_directory)):
            numbers[f"{name} × page {size}"] = ratio(crowd, page)
            numbers[f"{name} p99 {size}"] = ratio_of_p99(lone, lone_page)
            numbers[f"{name} p50 {size}"] = lone.p50
        numbers[f"list p50 {size}"] = lone_list.p50
        for name in ("search", "directory search", "list"):
            numbers[f"{name} growth"] = numbers[f"{name} p50 {size}"] / numbers[f"{name} p50 {self.sizes[0]}"]


def thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def in_portal(portal: Portal, module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=portal.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


@contextlib.contextmanager
def databases(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """An empty one for each who needs one."""
    names = ("portal", "floor", "wagtail")
    if kind == "SQLite":
        yield {name: f"sqlite:///{folder / name}.sqlite3" for name in names}
        return
    with postgres.server() as url:
        socket = url.removeprefix("postgres://postgres@/").rpartition("/")[0]
        with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
            for name in names:
                connection.execute(f"CREATE DATABASE {name}")
        yield {name: url.removesuffix("postgres") + name for name in names}
