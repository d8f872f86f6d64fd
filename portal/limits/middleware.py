"""What is refused before anything of it is read, in the reader's language."""

from django.conf import settings
from django.http import HttpRequest

from portal import errors
from portal.middleware import first_segment

LONGEST_ADDRESS = 6_000  # all that the filters of the directory can say is shorter
READING = {"GET", "HEAD"}


class Limits:
    """After the one for languages, and before the first that reads what was sent (CsrfViewMiddleware)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if len(request.META.get("PATH_INFO", "")) + len(request.META.get("QUERY_STRING", "")) > LONGEST_ADDRESS:
            return errors.unreadable(414)
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            return errors.unreadable(405, response["Allow"])
        return response

    def process_view(self, request, view, args, kwargs):
        if request.method in READING:
            return None
        is_admin = first_segment(request) == "admin"
        if is_admin and request.method != "POST":
            return errors.unreadable(405, "GET, HEAD, POST")
        # The forms for everybody need no cookie and say so. Where there is none, nothing can be sent.
        if not is_admin and not getattr(view, "csrf_exempt", False):
            return errors.unreadable(405, "GET, HEAD")
        if sent(request) > largest(request, view, is_admin):
            return errors.too_large(request)
        return None


def sent(request: HttpRequest) -> int:
    """How many bytes are to come. Django reads no more than that; what names no length is read as empty."""
    try:
        return int(request.headers.get("content-length") or 0)
    except ValueError:
        return 0


def largest(request: HttpRequest, view, is_admin: bool) -> int:
    if not is_admin:
        return getattr(view, "largest_form", settings.LARGEST_FORM)
    # Texts alone stay below this, also those of somebody whose session has just ended: he is given them back.
    texts = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return settings.LARGEST_UPLOAD if sent(request) > texts and request.user.is_verified() else texts
