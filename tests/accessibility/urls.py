"""The portal's addresses, and some at which it fails: for the error pages, which no address shows on request."""

from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.urls import path

from portal import errors
from portal.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]

ERRORS = {400: BadRequest, 403: PermissionDenied, 500: RuntimeError, 503: OperationalError}


def fail(request, status):
    raise ERRORS[status]


urlpatterns = [
    *i18n_patterns(
        path("fehler/<int:status>/", fail), path("fehler/abgelaufen/", lambda request: errors.csrf_failure(request))
    ),
    *urlpatterns,
]
