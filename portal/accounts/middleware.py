import re
import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django_otp import user_has_device

from portal.middleware import first_segment

from . import kept

# What somebody reaches with a password alone, or without one.
OPEN = {
    "admin:login",
    "admin:logout",
    "admin:jsi18n",
    "accounts:verify",
    "accounts:enrol",
    "accounts:passkey_begin",
    "accounts:passkey_complete",
    "admin_password_reset",
    "password_reset_done",
    "password_reset_confirm",
    "password_reset_complete",
}
# What changes how somebody signs in: whoever finds a computer left alone must not get that far.
FRESH = re.compile(
    r"accounts:(codes|remove|add_passkey|register_begin|register_complete)$"
    r"|admin:(password_change|auth_user_password_change|auth_user_second_factor)$"
)
FRESH_SECONDS = 600


def is_fresh(request) -> bool:
    return request.user.is_verified() and time.time() - request.session.get("verified_at", 0) < FRESH_SECONDS


class StaffOnly:
    """Everything below /admin/ asks for password and second factor, and ends by itself.

    It stands before all views rather than in them: a new address is closed until it is named in OPEN.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if first_segment(request) != "admin":
            return None  # reading pages never ask who reads them
        name = request.resolver_match.view_name
        if request.user.is_authenticated and self.has_ended(request.session):
            logout(request)
            messages.info(
                request, "Sie waren länger nicht da und sind deshalb abgemeldet. Bitte melden Sie sich neu an."
            )
        if name == "admin:login" and request.method == "GET" and self.has_only_the_password(request):
            return HttpResponseRedirect(f"{reverse('accounts:verify')}?{request.GET.urlencode()}")
        if name in OPEN:
            return None
        if not request.user.is_authenticated:
            return kept.page(request) if kept.is_worth_it(request) else None  # else the views send to the login
        if self.has_only_the_password(request):
            step = "accounts:verify" if user_has_device(request.user) else "accounts:enrol"
        elif FRESH.match(name) and not is_fresh(request):
            step = "accounts:verify"
        else:
            return None
        if kept.is_worth_it(request):
            return kept.page(request)
        back = request.get_full_path() if request.method == "GET" else reverse("accounts:overview")
        return HttpResponseRedirect(f"{reverse(step)}?{urlencode({'next': back})}")

    def has_only_the_password(self, request) -> bool:
        return request.user.is_authenticated and not request.user.is_verified()

    def has_ended(self, session) -> bool:
        now = int(time.time())
        began, seen = session.setdefault("began", now), session.get("seen", now)
        if now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
            return True
        if now - seen > 60 or "seen" not in session:  # not each request is worth a write
            session["seen"] = now
        return False
