import time
from base64 import b32encode
from binascii import unhexlify
from urllib.parse import quote

import django_otp
from axes.utils import reset as forget_failures
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth import views as auth
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn import views as webauthn
from django_otp_webauthn.exceptions import MalformedRequest
from django_otp_webauthn.models import WebAuthnCredential

from portal.versions import audit

from . import letters, second_factor, throttling
from .forms import EnrolForm, ForgottenPasswordForm, VerifyForm
from .middleware import is_fresh

FEW_CODES = 3


def staff(view):
    """For everybody who has given the password; the middleware asks for the second factor where it is needed."""
    return never_cache(staff_member_required(sensitive_post_parameters()(view)))


def page(request, template, **context):
    return render(request, f"accounts/{template}.html", {**admin.site.each_context(request), **context})


def where_next(request) -> str:
    """Where somebody wanted to go: inside the admin, nowhere else."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    inside = wanted.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if inside else reverse("admin:index")


def has_proved(request, device) -> None:
    """From here on the session may do everything; it gets a new number, so that a known one is worth nothing."""
    django_otp.login(request, device)
    request.session.cycle_key()
    request.session["verified_at"] = int(time.time())
    audit.note(audit.Action.SECOND_FACTOR, request.user, was="bestätigt")


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request):
    if not django_otp.user_has_device(request.user):
        return HttpResponseRedirect(reverse("accounts:enrol"))
    form = VerifyForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        has_proved(request, form.device)
        if isinstance(form.device, StaticDevice) and (left := form.device.token_set.count()) <= FEW_CODES:
            messages.warning(
                request, f"Sie haben noch {left} Ersatzcodes. Neue gibt es oben rechts unter „Meine Anmeldung“."
            )
        return HttpResponseRedirect(where_next(request))
    return page(
        request,
        "verify",
        title="Noch einmal bestätigen" if request.user.is_verified() else "Anmelden: zweiter Schritt",
        form=form,
        next=where_next(request),
        has_passkey=WebAuthnCredential.objects.filter(user=request.user, confirmed=True).exists(),
        has_app=TOTPDevice.objects.filter(user=request.user, confirmed=True).exists(),
    )


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request):
    """For who has no second factor yet; later only for who has just proved it: a stolen password must not get this far."""
    has_device = django_otp.user_has_device(request.user)
    if has_device and not is_fresh(request):
        return HttpResponseRedirect(f"{reverse('accounts:verify')}?next={quote(request.path)}")
    # In the session, not in the database: whoever knows the password must not be shown what somebody else scans.
    key = request.session.setdefault("new_key", second_factor.new_key())
    form = EnrolForm(key, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            User.objects.select_for_update().get(pk=request.user.pk)
            if not has_device and django_otp.user_has_device(request.user):  # somebody was faster
                return HttpResponseRedirect(reverse("accounts:verify"))
            device = second_factor.set_up(request.user, key, form.totp)
            if not StaticDevice.objects.filter(user=request.user).exists():
                second_factor.new_codes(request.user)
                request.session["show_codes"] = True
        del request.session["new_key"]
        has_proved(request, device)
        letters.tell_of_second_factor(
            request.user,
            "App eingerichtet",
            "für Ihr Konto wurde eine App für den zweiten Schritt der Anmeldung eingerichtet.",
        )
        messages.success(request, "Die App ist eingerichtet. Von jetzt an fragt die Anmeldung auch nach ihrem Code.")
        codes = request.session.get("show_codes")
        return HttpResponseRedirect(reverse("accounts:codes" if codes else "accounts:overview"))
    import segno

    device = TOTPDevice(user=request.user, key=key)
    qr = segno.make(device.config_url, error="m").svg_inline(scale=5, light="#fff", svgclass="qr", lineclass=None)
    qr = qr.replace("<svg", '<svg role="img" aria-label="QR-Bild mit dem Schlüssel"', 1)
    text = b32encode(unhexlify(key)).decode()
    return page(
        request,
        "enrol",
        title="Neue App einrichten" if has_device else "Zweiten Faktor einrichten",
        form=form,
        qr=mark_safe(qr),  # noqa: S308  made by us from letters and digits
        key=" ".join(text[i : i + 4] for i in range(0, len(text), 4)),
        account=device.user.get_username(),
        issuer=settings.OTP_TOTP_ISSUER,
        is_new=not has_device,
    )


@staff
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request):
    """Shown until somebody says that they are kept; after that nobody sees them again."""
    if request.method == "POST":
        if "kept" in request.POST:
            request.session.pop("show_codes", None)
            messages.success(request, "Gut. Die Ersatzcodes werden nicht noch einmal gezeigt.")
            return HttpResponseRedirect(reverse("admin:index"))
        second_factor.new_codes(request.user)
        request.session["show_codes"] = True
        letters.tell_of_second_factor(
            request.user,
            "neue Ersatzcodes",
            "für Ihr Konto wurden neue Ersatzcodes erzeugt. Die alten gelten nicht mehr.",
        )
        return HttpResponseRedirect(reverse("accounts:codes"))
    if not request.session.get("show_codes"):
        return HttpResponseRedirect(reverse("accounts:overview"))
    tokens = StaticDevice.objects.get(user=request.user).token_set.values_list("token", flat=True)
    return page(
        request,
        "codes",
        title="Ihre Ersatzcodes",
        codes=[f"{token[:4]}-{token[4:]}" for token in tokens],
        account=request.user.get_username(),
        issuer=settings.OTP_TOTP_ISSUER,
    )


@staff
@require_safe
def overview(request):
    codes = StaticDevice.objects.filter(user=request.user).first()
    return page(
        request,
        "overview",
        title="Meine Anmeldung",
        app=TOTPDevice.objects.filter(user=request.user).first(),
        codes_left=codes.token_set.count() if codes else 0,
        passkeys=WebAuthnCredential.objects.filter(user=request.user).order_by("created_at"),
        is_fresh=is_fresh(request),
    )


@staff
@require_POST
def remove(request, pk):
    """A passkey. The app is never removed, only replaced: nobody is left with a password alone."""
    if WebAuthnCredential.objects.filter(user=request.user, pk=pk).delete()[0]:
        letters.tell_of_second_factor(request.user, "Passkey entfernt", "aus Ihrem Konto wurde ein Passkey entfernt.")
        messages.success(request, "Der Passkey ist entfernt. Löschen Sie ihn bitte auch auf dem Gerät.")
    return HttpResponseRedirect(reverse("accounts:overview"))


@staff
@require_safe
def add_passkey(request):
    return page(request, "add_passkey", title="Passkey hinzufügen")


@staff
@require_safe
def still_here(request):
    """Asked by the page while somebody writes: the middleware has noted it."""
    return HttpResponse(status=204)


# Passkeys: what the scripts ask ---------------------------------------------------------------------


class Answers:
    """The library's views, for who has given the password; what cannot be read is no error of ours."""

    def handle_exception(self, exc):
        if isinstance(exc, ValueError | KeyError | TypeError | AttributeError | RecursionError):
            exc = MalformedRequest()
        return super().handle_exception(exc)


class PasskeyBegin(Answers, webauthn.BeginCredentialAuthenticationView):
    pass


class PasskeyComplete(Answers, webauthn.CompleteCredentialAuthenticationView):
    def complete_auth(self, device):
        has_proved(self.request, device)

    def get_success_url(self):
        return where_next(self.request)


class RegisterBegin(Answers, webauthn.BeginCredentialRegistrationView):
    pass


class RegisterComplete(Answers, webauthn.CompleteCredentialRegistrationView):
    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        letters.tell_of_second_factor(
            request.user, "Passkey hinzugefügt", "zu Ihrem Konto wurde ein Passkey hinzugefügt."
        )
        messages.success(
            request, "Der Passkey ist gespeichert. Beim nächsten Anmelden können Sie ihn statt der App nehmen."
        )
        return response


# Forgotten passwords --------------------------------------------------------------------------------


class AdminPage:
    """As all pages of the admin look, for who has not signed in."""

    def get_context_data(self, **kwargs):
        return super().get_context_data(**{**admin.site.each_context(self.request), **kwargs})


@method_decorator(throttling.few_at_once, name="dispatch")
class ForgottenPassword(AdminPage, auth.PasswordResetView):
    form_class = ForgottenPasswordForm
    template_name = "accounts/password_reset.html"
    title = "Passwort vergessen?"


class ForgottenPasswordSent(AdminPage, auth.PasswordResetDoneView):
    template_name = "accounts/password_reset_sent.html"
    title = "Bitte sehen Sie in Ihre E-Mails"


@method_decorator(sensitive_post_parameters(), name="dispatch")
class NewPassword(AdminPage, auth.PasswordResetConfirmView):
    """Opens nothing but the login: the second factor is asked for as always."""

    template_name = "accounts/password_reset_new.html"
    success_url = reverse_lazy("password_reset_complete")

    def get_context_data(self, **kwargs):
        title = "Neues Passwort" if self.validlink else "Dieser Link gilt nicht mehr"
        return super().get_context_data(**kwargs) | {"title": title}

    def form_valid(self, form):
        response = super().form_valid(form)
        forget_failures(username=self.user.get_username())
        audit.note(audit.Action.PASSWORD, self.user, about=self.user)
        letters.tell(
            self.user, "Passwort geändert", "das Passwort Ihres Kontos wurde über „Passwort vergessen?“ geändert."
        )
        return response


class NewPasswordDone(AdminPage, auth.PasswordResetCompleteView):
    template_name = "accounts/password_reset_done.html"
    title = "Das neue Passwort gilt"
