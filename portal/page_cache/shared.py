"""Pages that several processes or machines share, if CACHE_URL names a cache they share; without it each has its own.

A cache that is gone is left alone for a while, and the portal goes on without it.
"""

import logging
import time
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger("portal")

PAUSE = 10  # seconds without asking a cache that did not answer
PARTS = ("portal", "integration", "lotsen", "templates", "locale", "static", "staticfiles")


class Shared:
    def __init__(self):
        self.asks_again_at = 0.0

    def get(self, key, version: str):
        return self.attempt(lambda: cache.get(self.name(key, version)))

    def set(self, key, page) -> None:
        self.attempt(lambda: cache.set(self.name(key, page.version), page, timeout=max(1, page.until - time.time())))

    def attempt(self, job):
        if not settings.CACHE_IS_SHARED or time.monotonic() < self.asks_again_at:
            return None
        try:
            return job()
        except Exception:  # whatever the cache's library calls its being down
            self.asks_again_at = time.monotonic() + PAUSE
            logger.exception("The shared cache does not answer")
            return None

    def name(self, key, version: str) -> str:
        return f"page:{blake2b(repr((self.build, version, *key)).encode(), digest_size=16).hexdigest()}"

    @cached_property
    def build(self) -> str:
        """Differs as soon as a file of the portal does: two releases beside each other never share a page."""
        digest = blake2b(digest_size=8)
        for part in PARTS:
            for path in sorted(Path(settings.BASE_DIR, part).rglob("*")):
                if path.suffix in {".py", ".html", ".css", ".js", ".json", ".svg", ".po"}:
                    digest.update(path.relative_to(settings.BASE_DIR).as_posix().encode() + path.read_bytes())
        return digest.hexdigest()
