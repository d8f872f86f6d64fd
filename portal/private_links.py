"""Pages whose address is a key: a mail brought it, and whoever has it may read and answer, without account or cookie."""

from functools import wraps

from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from . import errors

UNREADABLE = (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError)


def for_its_reader_only(view):
    """Nobody keeps the page, finds it or learns of it from where its reader goes next."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        try:
            _ = request.POST
        except UNREADABLE:  # Django's own answer would write the address into the log
            response = errors.bad_request(request)
        else:
            response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        response._has_been_logged = True  # Django would write the address of a 4xx into the log
        return response

    wrapped.is_private = True  # portal.logs leaves its address out
    wrapped.largest_form = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # an organization's page has all its entries in it
    return wrapped


def without_key(request) -> str:
    """The page's address for who reports a barrier on it."""
    return request.path.rsplit("/", 2)[0] + "/"
