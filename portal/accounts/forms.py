from django import forms
from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from portal import outbox
from portal.limits import counting
from portal.versions import audit

from . import second_factor


class CodeForm(forms.Form):
    code = forms.CharField(
        label="Code",
        max_length=20,
        error_messages={"required": "Bitte geben Sie einen Code ein."},
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "autofocus": True,
                "spellcheck": "false",
                "class": "code",
            }
        ),
    )

    def cleaned_code(self) -> str:
        """As people write it: in groups, with hyphens, in capitals."""
        return "".join(self.cleaned_data["code"].split()).replace("-", "").lower()


class EnrolForm(CodeForm):
    def __init__(self, key, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.key = key
        self.totp = None

    def clean_code(self):
        self.totp = second_factor.proven(self.key, self.cleaned_code())
        if not self.totp:
            raise forms.ValidationError(
                "Dieser Code passt nicht. Nehmen Sie die sechs Ziffern, die die App gerade zeigt. Stimmt die Uhrzeit des Handys?"
            )
        return self.cleaned_data["code"]


class VerifyForm(CodeForm):
    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.device = None

    def clean_code(self):
        code = self.cleaned_code()
        device = second_factor.device_for(self.user, code)
        allowed, why = device.verify_is_allowed() if device else (True, None)
        if not allowed:
            until = timezone.localtime(why["locked_until"])
            raise forms.ValidationError(
                f"Zu oft ein falscher Code. Bitte warten Sie bis {until:%H:%M:%S} Uhr"
                f"{'' if until.date() == timezone.localdate() else f' am {until:%d.%m.%Y}'} und nehmen Sie dann einen neuen Code."
            )
        if not device or not second_factor.check(self.user, device, code):
            audit.note(audit.Action.SECOND_FACTOR, self.user, was="falscher Code")
            raise forms.ValidationError(
                "Dieser Code stimmt nicht. Nehmen Sie den, den die App gerade zeigt: Jeder gilt nur einmal und nur eine halbe "
                "Minute. Oder einen Ersatzcode, den Sie noch nicht benutzt haben."
            )
        self.device = device
        return self.cleaned_data["code"]


NOBODY = User(pk=0, username="niemand", email="niemand@example.org")


class ForgottenPasswordForm(PasswordResetForm):
    def get_users(self, email):
        """For an address nobody has the same is done: how long it takes must not tell who has an account."""
        return list(super().get_users(email)) or [NOBODY]

    def send_mail(
        self, subject_template_name, email_template_name, context, from_email, to_email, html_email_template_name=None
    ):
        """Into the queue, where nobody sees it; and not more often than every five minutes for the same account."""
        user = context["user"]
        text = render_to_string(
            "accounts/password_reset_mail.txt",
            {**context, "portal": settings.PORTAL_URL, "hours": settings.PASSWORD_RESET_TIMEOUT // 3600},
        )
        with transaction.atomic():
            first = counting.is_first(f"password-reset:{user.pk}", 300)
            outbox.queue(to_email, "Integrationsportal: neues Passwort", text, personal=True)
            if user is NOBODY or not first:
                transaction.set_rollback(True)
