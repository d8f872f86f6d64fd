"""Can this process answer readers? `/readyz` tells who watches the container, `manage.py status` who runs it."""

import logging
import time

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, HttpResponseNotAllowed

logger = logging.getLogger("portal")

PATH = "/readyz"
LOOK_AGAIN = 5  # seconds: outsiders ask as often as they like, and reading all migrations takes a moment

# Once all migrations are there, they stay: what this process has looked up it need not look up again.
_migrations = {"complete": False, "looked": float("-inf")}


def answer_readyz(get_response):
    """Middleware, before all that asks: whatever the host is called, without a redirect to https, a session or a language."""

    def middleware(request):
        if request.path_info != PATH:
            return get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        missing = what_is_missing()
        if missing:
            logger.warning("not ready: %s", missing)
        response = HttpResponse(
            "not ready" if missing else "ok",
            status=503 if missing else 200,
            content_type="text/plain; charset=utf-8",
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )
        response._has_been_logged = True  # just now, with the reason
        return response

    return middleware


def what_is_missing() -> str:
    """Nothing, if all is there."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "" if migrations_are_complete() else "Migrationen stehen aus"
    except DatabaseError:
        connection.close()  # the next one tries anew
        return "die Datenbank antwortet nicht"


def migrations_are_complete() -> bool:
    if not _migrations["complete"] and time.monotonic() - _migrations["looked"] >= LOOK_AGAIN:
        executor = MigrationExecutor(connection)
        _migrations["complete"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        _migrations["looked"] = time.monotonic()
    return _migrations["complete"]
