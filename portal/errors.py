"""Error pages in the reader's language. Those made by _plain() need no database: it may be what is broken."""

import errno
import sqlite3
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from . import languages
from .accounts import kept

WRONG = gettext_lazy("Das hat nicht geklappt")
UNREADABLE = gettext_lazy(
    "Diese Anfrage können wir nicht lesen. Bitte gehen Sie zurück und versuchen Sie es noch einmal."
)


NO_SPACE = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
DISK_FULL = "53100"  # PostgreSQL, Appendix A


def is_no_space(error: BaseException | None) -> bool:
    """Whether the disk is full, or what one may use of it: as the system says it, SQLite, and PostgreSQL."""
    cause = getattr(error, "__cause__", None)  # what the driver said to Django
    return (
        (isinstance(error, OSError) and error.errno in NO_SPACE)
        or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "sqlstate", None) == DISK_FULL
    )


def _plain(status, title, text, written=()):
    language = get_language() if get_language() in languages.BY_CODE else languages.SOURCE
    context = {"title": title, "text": text, "language": language, "direction": languages.direction(language)}
    context["written"] = written
    return HttpResponse(render_to_string("error_plain.html", context), status=status)


def _page(request, status, title, text):
    context = {"error_title": title, "error_text": text}
    return HttpResponse(render_to_string("error.html", context, request=request), status=status)


def not_found(request, exception):
    return _page(
        request,
        404,
        _("Diese Seite gibt es nicht"),
        _("Vielleicht ist die Adresse falsch geschrieben, oder der Inhalt ist nicht mehr aktuell."),
    )


def forbidden(request, exception=None):
    return _page(request, 403, _("Kein Zugang"), _("Für diese Seite fehlt Ihnen die Berechtigung."))


def bad_request(request, exception=None):
    return too_large(request) if isinstance(exception, RequestDataTooBig) else unreadable()


def unreadable(status=400, allowed=""):
    """What no page and no form of ours sends: nothing that a reader could have done otherwise."""
    response = _plain(status, WRONG, UNREADABLE)
    if allowed:
        response["Allow"] = allowed
    return response


def too_large(request):
    if request.path.startswith("/admin/"):
        text = f"Ein Formular nimmt höchstens {settings.LARGEST_UPLOAD >> 20} MB auf einmal. Bitte gehen Sie zurück und laden Sie kleinere oder weniger Dateien auf einmal hoch."  # fmt: skip
    else:
        text = _("Was Sie geschickt haben, ist zu groß für dieses Formular. Bitte gehen Sie zurück, kürzen Sie Ihren Text und senden Sie ihn noch einmal ab.")  # fmt: skip
    return _plain(413, WRONG, text)


def server_error(request):
    error = sys.exc_info()[1]
    if is_no_space(error) and request.path.startswith("/admin/"):
        return _later("Kein Platz mehr", "Auf dem Server ist kein Platz mehr, deshalb wurde nichts gespeichert. Bitte sagen Sie dem technischen Betrieb Bescheid. Ihr Text steht noch im Formular, wenn Sie zurückgehen.")  # fmt: skip
    if is_no_space(error) or isinstance(error, OperationalError | InterfaceError):  # the database is busy or gone
        return unavailable(request)
    if isinstance(error, DataError):  # signs no database can hold, as NUL in PostgreSQL
        return bad_request(request)
    return _plain(
        500, _("Da ist etwas schiefgegangen"), _("Der Fehler liegt bei uns. Bitte versuchen Sie es später noch einmal.")
    )


def unavailable(request):
    """What somebody has written in a form stays in this page, to be sent again from here."""
    sent = request.POST if request.method == "POST" and not request.path.startswith("/admin/") else {}
    return _later(
        _("Im Moment nicht erreichbar"),
        _("Das Portal ist gleich wieder da. Bitte versuchen Sie es in einer Minute noch einmal."),
        [(name, value) for name in sent for value in sent.getlist(name)],
    )


def _later(title, text, written=()):
    response = _plain(503, title, text, written)
    response["Retry-After"] = "60"
    response["Cache-Control"] = "no-store"
    return response


def csrf_failure(request, reason=""):
    if kept.is_worth_it(request):  # staff who have signed in again in another tab
        return kept.page(request)
    return _page(
        request,
        403,
        _("Das Formular ist abgelaufen"),
        _("Bitte gehen Sie zurück, laden Sie die Seite neu und senden Sie das Formular noch einmal ab."),
    )
