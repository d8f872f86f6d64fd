"""Who has to wait after wrong passwords. django-axes counts; what is kept and what is said is ours.

It counts for a name. Whoever tries one password for many names, or asks for many new ones, is counted by few_at_once().
"""

import ipaddress
from datetime import timedelta
from functools import wraps

from axes.helpers import get_client_username
from axes.signals import user_locked_out
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.shortcuts import render
from django.utils import timezone

from portal.limits import counting

from . import letters
from .models import Lock


def network(request) -> str | None:
    """Where somebody tries from: the network, which is enough to tell him from others, and not the address."""
    try:
        address = ipaddress.ip_address(counting.client_ip(request))
    except (KeyError, ValueError):
        return None
    bits = 24 if address.version == 4 else 64
    return str(ipaddress.ip_network((address, bits), strict=False).network_address)


def locked(request, original_response=None, credentials=None):
    """The page for who has to wait. It says the same whether there is such an account or not."""
    tried = Lock.objects.filter(
        username=get_client_username(request, credentials), ip_address=network(request)
    ).order_by("-attempt_time")
    last = tried.first()
    return come_later(request, (last.attempt_time if last else timezone.now()) + settings.AXES_COOLOFF_TIME)


def come_later(request, until, many_names=False):
    context = {"title": "Anmeldung gesperrt", "until": until, "many_names": many_names}
    response = render(request, "accounts/locked.html", {**admin.site.each_context(request), **context}, status=429)
    response["Retry-After"] = str(max(1, round((until - timezone.now()).total_seconds())))
    return response


# All who work in a town hall may come from one address, and all of them at eight o'clock.
MOST, SECONDS = 100, 900


def few_at_once(view):
    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.method == "POST":
            wait = counting.wait(f"login:{counting.origin(request)}", MOST, SECONDS)
            if wait:
                return come_later(request, timezone.now() + timedelta(seconds=wait), many_names=True)
        return view(request, *args, **kwargs)

    return wrapped


def connect():
    user_locked_out.connect(tell_owner, dispatch_uid="accounts.throttling")


def tell_owner(sender, request, username, **kwargs):
    # Only once a lock: the signal is sent for each further attempt too, then without a count.
    if request.axes_failures_since_start is None:
        return
    user = User.objects.filter(username=username, is_active=True).first()
    if user and counting.is_first(f"told-of-lock:{user.pk}", 3600):
        letters.tell(
            user,
            "Anmeldung gesperrt",
            f"für Ihr Konto „{username}“ wurde {settings.AXES_FAILURE_LIMIT}-mal ein falsches Passwort eingegeben. Von dort "
            f"geht es jetzt {settings.AXES_COOLOFF_TIME.seconds // 60} Minuten lang nicht mehr weiter. Waren Sie es selbst, warten "
            "Sie bitte so lange, oder setzen Sie mit „Zugangsdaten vergessen?“ ein neues.",
        )
