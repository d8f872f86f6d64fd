"""The outermost layer: hands out the ready bytes of a public page, or asks Django for them.

Nobody gets a page that is older than the last change to the contents (freshness.py). What Django answers is kept if it
is the same for everybody: a text that was found, without a cookie, and without a word against keeping it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b

from django.conf import settings
from django.utils.cache import cc_delim_re
from django.utils.http import parse_etags, parse_http_date_safe

from portal import languages

from .freshness import Freshness
from .kept import VERSION
from .shared import Shared

NOT_PUBLIC = ("/admin/", "/static/", "/healthz", "/readyz")
TEXT = ("text/", "application/json", "application/xml", "application/rss+xml", "application/atom+xml")
LONGEST_PAGE = 1024 * 1024
LONGEST_ADDRESS = 2000
PATIENCE = 20  # seconds in which somebody else may make the page one waits for
OF_ONE_ANSWER = {"x-request-id", "date", "server", "connection"}

Key = tuple[str | None, ...]
Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as it goes out; without a body it only says that this address gives nothing to keep."""

    version: str
    since: float  # from when until when it is right, as time stamps
    until: float
    headers: Headers
    brief: Headers  # for those who have it already
    etag: str = ""
    modified: int | None = None
    body: bytes | None = None

    def is_right(self, version: str | None, now: float) -> bool:
        if version is None:  # the database does not answer; better this page than none
            return self.body is not None
        # What was made in the future, before a clock was put back, nobody can judge.
        return self.version == version and self.since <= now < self.until

    def is_known_to(self, environ: dict) -> bool:
        if tags := environ.get("HTTP_IF_NONE_MATCH"):
            if tags == self.etag:  # as nearly always
                return True
            tags = parse_etags(tags)
            return "*" in tags or self.etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in tags}
        seen = environ.get("HTTP_IF_MODIFIED_SINCE")
        return bool(seen and self.modified and (parse_http_date_safe(seen) or 0) >= self.modified)

    @property
    def weight(self) -> int:
        """Bytes of memory, about."""
        return 3000 + len(self.body or b"")


class PageCache:
    def __init__(self, app: Callable, max_bytes: int):
        self.app = app
        self.max_bytes = max_bytes
        self.pages: OrderedDict[Key, Page] = OrderedDict()
        self.bytes = 0
        self.lock = threading.Lock()
        self.being_made: dict[tuple, threading.Event] = {}
        self.freshness = Freshness()
        self.shared = Shared()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        key = key_of(environ)
        if key is None and environ["PATH_INFO"].startswith(NOT_PUBLIC):
            return self.app(environ, start_response)
        version = self.freshness.version()
        if version == "":  # nothing may be kept now
            return self.app(environ, start_response)
        if key is None:  # a form that was sent; what is the same on every page need not be made for it
            if version:
                environ[VERSION] = (version, self.freshness.until(version, time.time()))
            return self.app(environ, start_response)
        page = self.pages.get(key)
        if page and page.is_right(version, time.time()) and not (settings.DEBUG and is_reload(environ)):
            with suppress(KeyError):  # another thread has just dropped it
                self.pages.move_to_end(key)
            if page.body is not None:
                return answer(page, environ, start_response, "hit" if version else "hit; detail=unchecked")
            return self.app(environ, start_response)
        if version is None:
            return self.app(environ, start_response)
        return self.make(key, version, environ, start_response)

    def make(self, key: Key, version: str, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Whoever is first has Django make the page; who wants the same one meanwhile waits for it."""
        turn = (key, version)
        with self.lock:
            first = turn not in self.being_made
            made = self.being_made.setdefault(turn, threading.Event())
        if not first:
            made.wait(PATIENCE)
            page = self.pages.get(key)
            if not page or not page.is_right(version, time.time()):  # the first had no luck, or takes too long
                return self.find_or_ask(key, version, environ, start_response)
            if page.body is not None:
                return answer(page, environ, start_response, "hit; detail=waited")
            return self.app(environ, start_response)
        try:
            return self.find_or_ask(key, version, environ, start_response)
        finally:
            with self.lock:
                del self.being_made[turn]
            made.set()

    def find_or_ask(self, key: Key, version: str, environ: dict, start_response: Callable) -> Iterable[bytes]:
        now = time.time()
        until = self.freshness.until(version, now)
        if (page := self.shared.get(key, version)) and page.is_right(version, now):
            self.keep(key, page)
            return answer(page, environ, start_response, "hit; detail=shared")
        return self.ask(key, Page(version, now, until, [], []), environ, start_response)

    def ask(self, key: Key, blank: Page, environ: dict, start_response: Callable) -> Iterable[bytes]:
        started = []
        neutral = for_everybody(environ, key) | {VERSION: (blank.version, blank.until)}
        result = self.app(neutral, lambda *given: started.extend(given))
        status, headers = started[:2]
        if status.startswith("5") and (former := self.pages.get(key)) and former.body is not None:
            result.close()
            return answer(former, environ, start_response, "hit; detail=stale")
        if not may_be_kept(status, headers, key):
            self.keep(key, blank)
            start_response(status, headers)
            if environ["REQUEST_METHOD"] == "HEAD":
                result.close()
                return []
            return result
        try:
            body = b"".join(result)
        finally:
            result.close()
        page = finished(blank, headers, body)
        self.keep(key, page)
        self.shared.set(key, page)
        return answer(page, environ, start_response, "fwd=miss")

    def keep(self, key: Key, page: Page) -> None:
        with self.lock:
            if old := self.pages.pop(key, None):
                self.bytes -= old.weight
            self.pages[key] = page
            self.bytes += page.weight
            while self.bytes > self.max_bytes:
                self.bytes -= self.pages.popitem(last=False)[1].weight


def key_of(environ: dict) -> Key | None:
    """What an answer depends on; None for what is not public, or no page of ours.

    Cookies are not in it: no public page looks at them. Addresses without a language ask the browser for one.
    """
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    if (
        environ["REQUEST_METHOD"] not in {"GET", "HEAD"}
        or path.startswith(NOT_PUBLIC)
        or len(path) + len(query) > LONGEST_ADDRESS
        or "HTTP_RANGE" in environ
        or environ.get("CONTENT_LENGTH") not in {None, "", "0"}
    ):
        return None
    by_address = path[1:].partition("/")[0] in languages.BY_CODE
    return (
        environ.get("HTTP_HOST", ""),
        environ.get("HTTP_X_FORWARDED_PROTO", "") if settings.TRUST_PROXY else environ["wsgi.url_scheme"],
        path,
        query,
        "gzip" if accepts_gzip(environ) else "",
        None if by_address else environ.get("HTTP_ACCEPT_LANGUAGE", "")[:200],
    )


def accepts_gzip(environ: dict) -> bool:
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    return "gzip" in accepted and "gzip;q=0" not in accepted.replace(" ", "")


def is_reload(environ: dict) -> bool:
    """Who works on the portal wants to see what has changed in a template."""
    return environ.get("HTTP_CACHE_CONTROL") in {"max-age=0", "no-cache"}


def for_everybody(environ: dict, key: Key) -> dict:
    """The question without what only one reader has."""
    neutral = {name: value for name, value in environ.items() if name not in {"HTTP_COOKIE", "HTTP_ACCEPT_ENCODING"}}
    if key[4]:
        neutral["HTTP_ACCEPT_ENCODING"] = key[4]
    return neutral | {"REQUEST_METHOD": "GET"}


def may_be_kept(status: str, headers: Headers, key: Key) -> bool:
    found = {name.lower(): value for name, value in headers}
    varies = {name.strip().lower() for name in found.get("vary", "").split(",")} - {"", "accept-encoding"}
    return (
        status.startswith("200")
        and found.get("content-type", "").startswith(TEXT)
        and int(found.get("content-length", LONGEST_PAGE + 1)) <= LONGEST_PAGE
        and "set-cookie" not in found
        and "'nonce-" not in found.get("content-security-policy", "")
        and not {"private", "no-store"} & set(cc_delim_re.split(found.get("cache-control", "").lower()))
        and varies <= (set() if key[5] is None else {"accept-language"})
    )


def finished(blank: Page, headers: Headers, body: bytes) -> Page:
    found = {name.lower(): value for name, value in headers}
    etag = found.get("etag") or f'"{blake2b(body, digest_size=12).hexdigest()}"'
    # Browsers may keep it as well, and ask each time whether it is still right.
    control = found.get("cache-control") or "no-cache"
    own = OF_ONE_ANSWER | {"etag", "cache-control"}
    always = [("ETag", etag), ("Cache-Control", control)]
    return Page(
        blank.version,
        blank.since,
        blank.until,
        headers=[*always, *((name, value) for name, value in headers if name.lower() not in own)],
        brief=[*always, *((name, value) for name, value in headers if name.lower() in {"vary", "last-modified"})],
        etag=etag,
        modified=parse_http_date_safe(found.get("last-modified", "")),
        body=body,
    )


def answer(page: Page, environ: dict, start_response: Callable, how: str) -> list[bytes]:
    """`how` is the word of RFC 9211 for where the page comes from."""
    status = ("Cache-Status", f"portal; {how}")
    if page.is_known_to(environ):
        start_response("304 Not Modified", [*page.brief, status])
        return []
    start_response("200 OK", [*page.headers, status])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [page.body]
