"""What can be counted and timed only inside the portal: `python -m tests.bench.inside`, with its environment; JSON."""

import json
import os
from collections.abc import Callable
from statistics import median
from time import perf_counter

import django

SERVICES = 300  # of the PDF
ROWS = 1000
PAGES = {
    "page": "/{language}/beratung/",
    "list": "/{language}/wegweiser/",
    "search": "/{language}/suche/?q=beratung",
    "directory search": "/{language}/wegweiser/?q=beratung",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    found = {
        "queries": {
            name: max(queries(path.format(language=language)) for language in ("de", "ar"))
            for name, path in PAGES.items()
        },
        "list": list_ratio(),
        "index": timed(read_index),
        **first_searches(),
        "pdf": max(timed(lambda code=code: booklet(code)) for code in ("de", "ar")),
    }
    print(json.dumps(found))


def ask(path: str) -> None:
    """As wsgi.py puts the portal together, without the web server."""
    from django.conf import settings
    from django.test import RequestFactory

    from portal.wsgi import application

    host = settings.ALLOWED_HOSTS[0]
    environ = RequestFactory(headers={"host": host, "x-forwarded-proto": "https"}).get(path).environ
    answer = []
    result = application(environ, lambda status, headers: answer.append(status))
    b"".join(result)
    if hasattr(result, "close"):
        result.close()
    assert answer[0].startswith("200"), (path, answer)


def queries(path: str) -> int:
    """Of a page that is made anew, by a process that has made others before; a server's one for the version is one of them.

    Once a minute a page costs more, as what all pages have in common is made anew for it: the median of three.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ask(path)
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as found:
            ask(f"{path}{'&' if '?' in path else '?'}n={number}")
        counts.append(len(found))
    return median(counts) + (connection.vendor != "sqlite")  # the cache asks past Django, and SQLite not at all


def list_ratio() -> float:
    """Titles in the reader's language and in German: of the columns that are needed, and of whole objects."""
    from integration.wegweiser.models import Service

    rows = Service.objects.published().order_by("pk")[:ROWS]
    needed = rows.rewrite(False).values("title_de", "title_ar", "slug")

    def whole():
        return [(row.title_de, row.title_ar, row.slug) for row in rows.all()]

    def narrow():
        return [(row["title_de"], row["title_ar"], row["slug"]) for row in needed.all()]

    assert whole() == narrow()
    return median(timed(whole) / timed(narrow) for _round in range(15))


def read_index():
    from integration.wegweiser import index

    index.read(None)


def first_searches() -> dict[str, float]:
    """What the first reader after a change waits for: the contents of a language, then each word that is new."""
    from portal.search.findable import Site

    from .trial import WORDS

    sites = []
    read = timed(lambda: sites.append(Site("de")))
    findable = sites[0].findable
    return {
        "contents": read,
        "word": median(timed(lambda word=word: findable.answer(word.replace("+", " "))) for word in WORDS),
    }


def booklet(language: str) -> None:
    from django.utils import translation

    from integration.wegweiser.paper import booklet, shelf

    with translation.override(language):
        ids = shelf.everything()[:SERVICES]
    assert len(ids) == SERVICES
    booklet.booklet(ids, "", "https://localhost/de/wegweiser/", language)


def timed(job: Callable[[], object]) -> float:
    start = perf_counter()
    job()
    return perf_counter() - start


if __name__ == "__main__":
    main()
