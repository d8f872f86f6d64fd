import hashlib
import hmac
import logging
import time
import uuid

from django import forms
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import BarrierReport

logger = logging.getLogger("portal")


class GuardedForm(forms.Form):
    """A form for everybody: no login, no cookie, no riddle.

    A signed stamp says when the form was shown and what it will be called; with a field that only machines
    see and a count per hour it keeps robots out. Sending twice finds the first (`self.id`).
    """

    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}))
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    MIN_SECONDS, MAX_SECONDS, PER_HOUR = 2, 24 * 3600, 10

    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request
        self.too_many = False
        request.shows_a_stamp = True  # this page is for one reader
        self.fields["website"].label = _("Bitte leer lassen")
        self.salt = f"form:{type(self).__name__}"
        self.initial["stamp"] = signing.dumps([str(uuid.uuid4()), int(time.time())], salt=self.salt)

    def clean(self):
        data = super().clean()
        try:
            form_id, shown = signing.loads(data.get("stamp", ""), salt=self.salt, max_age=self.MAX_SECONDS)
        except signing.BadSignature:
            # Shown again with a new stamp and everything that was written.
            self.data = self.data.copy()
            self.data["stamp"] = self.initial["stamp"]
            raise forms.ValidationError(
                _("Das Formular lag sehr lange offen. Ihre Eingaben sind noch da: Bitte senden Sie es noch einmal ab.")
            ) from None
        if data.get("website") or (not self.errors and time.time() - shown < self.MIN_SECONDS):
            raise forms.ValidationError(
                _("Das ging sehr schnell. Bitte prüfen Sie Ihre Angaben und senden Sie das Formular noch einmal ab.")
            )
        self.id = uuid.UUID(form_id)
        if not self.errors and self._count() > self.PER_HOUR:
            self.too_many = True
            raise forms.ValidationError(
                _(
                    "Von Ihrem Anschluss kamen sehr viele Nachrichten. Bitte versuchen Sie es in einer Stunde noch einmal oder rufen Sie uns an."
                )
            )
        return data

    def _count(self):
        """How many times this connection has sent the form in this hour. The address itself is not kept."""
        day = timezone.localdate().isoformat()
        sender = hmac.new(settings.SECRET_KEY.encode(), f"{day}|{client_ip(self.request)}".encode(), hashlib.sha256)
        key = f"{self.salt}:{sender.hexdigest()[:24]}:{int(time.time() // 3600)}"
        try:
            cache.add(key, 0, 3700)
            return cache.incr(key)
        except Exception:  # whatever the cache's library calls its being down: nobody's words are lost for it
            logger.exception("The cache did not count")
            return 0


def client_ip(request):
    """Behind a proxy the address that the nearest proxy saw; a header from outside is not believed."""
    if settings.TRUST_PROXY:
        return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or request.META["REMOTE_ADDR"]
    return request.META["REMOTE_ADDR"]


class BarrierReportForm(GuardedForm, forms.ModelForm):
    class Meta:
        model = BarrierReport
        fields = ("message", "page", "name", "email")
        labels = {
            "message": _("Was hat nicht funktioniert?"),
            "page": _("Auf welcher Seite?"),
            "name": _("Ihr Name"),
            "email": _("Ihre E-Mail-Adresse"),
        }
        help_texts = {
            "page": _("Die Adresse der Seite, wenn Sie sie wissen."),
            "email": _("Nur wenn Sie eine Antwort möchten."),
        }
        error_messages = {
            "message": {
                "required": _("Bitte schreiben Sie, was nicht funktioniert hat."),
                "max_length": _("Bitte schreiben Sie höchstens 5.000 Zeichen."),
            },
            "email": {
                "invalid": _("Bitte schreiben Sie die E-Mail-Adresse vollständig, zum Beispiel name@example.org.")
            },
        }
        widgets = {
            "message": forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
            "page": forms.TextInput(attrs={"dir": "ltr"}),
            "name": forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        }

    def report_id(self):
        """The same for the same words of the same form; a corrected text sent again is a report of its own."""
        return uuid.uuid5(self.id, "\0".join(self.report().values()))

    def report(self):
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
