"""What a browser loads at the first visit to a page: the page itself and what it cannot be shown without."""

import gzip
from html.parser import HTMLParser
from http.client import HTTPConnection
from typing import NamedTuple

from .wrk import PROXY


class Visit(NamedTuple):
    requests: int
    compressed: int  # bytes of all of them
    html: int
    html_gzip: int
    css_gzip: int
    js_gzip: int


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.addresses: dict[str, str] = {}  # address → what it is
        self.script, self.in_script = "", False

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "link" and found.get("rel") in {"stylesheet", "icon", "modulepreload", "preload"}:
            self.addresses[found["href"]] = found["rel"]
        elif tag == "script":
            self.in_script = found.get("type") != "application/ld+json"
            if "src" in found:
                self.addresses[found["src"]] = "script"
        elif tag == "img" and found.get("loading") != "lazy":
            self.addresses[found["src"]] = "image"

    def handle_endtag(self, tag):
        if tag == "script":
            self.in_script = False

    def handle_data(self, data):
        if self.in_script:
            self.script += data


def visit(port: int, path: str) -> Visit:
    html = load(port, path)
    page = Page()
    text = gzip.decompress(html)
    page.feed(text.decode())
    parts = {address: load(port, address) for address in page.addresses}
    size = {
        kind: sum(len(parts[address]) for address, what in page.addresses.items() if what == kind)
        for kind in ("stylesheet", "script")
    }
    inline = len(gzip.compress(page.script.encode())) if page.script.strip() else 0
    return Visit(
        requests=1 + len(parts),
        compressed=len(html) + sum(map(len, parts.values())),
        html=len(text),
        html_gzip=len(html),
        css_gzip=size["stylesheet"],
        js_gzip=size["script"] + inline,
    )


def load(port: int, path: str) -> bytes:
    """As it goes through the line."""
    server = HTTPConnection("localhost", port, timeout=30)
    try:
        server.request("GET", path, headers={"Accept-Encoding": "gzip", **PROXY})
        answer = server.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return body
    finally:
        server.close()
