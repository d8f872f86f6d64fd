"""Who is at work: asked where no request is at hand, as in signals."""

from contextvars import ContextVar

_request: ContextVar = ContextVar("request", default=None)


def remember_request(get_response):
    """Middleware. Only staff's pages have somebody to name; the others never ask for a session."""

    def middleware(request):
        if not request.path_info.startswith("/admin/"):
            return get_response(request)
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return middleware


def at_work():
    """The user who is logged in, or None."""
    user = getattr(_request.get(), "user", None)
    return user if user is not None and user.is_authenticated else None
