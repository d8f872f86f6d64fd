import time
import uuid

from django import forms
from django.core import signing
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from .limits import counting
from .models import BarrierReport


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
        self.wait = 0  # seconds, for who has sent too many
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
        if not self.errors and (wait := self.seconds_to_wait()):
            self.wait = wait
            raise forms.ValidationError(
                _(
                    "Von Ihrem Anschluss kamen sehr viele Nachrichten. Bitte versuchen Sie es in einer Stunde noch einmal oder rufen Sie uns an."
                )
            )
        return data

    def seconds_to_wait(self) -> int:
        return counting.wait(f"{self.salt}:{counting.origin(self.request)}", self.PER_HOUR, 3600)

    @property
    def status(self) -> int:
        return 429 if self.wait else 400 if self.errors else 200


def form_page(request, template, context, status=None):
    """The page of the guarded form in `context`. Its stamp is of this moment: no cache between hands it to anybody else.

    Empty, the browser may keep it, so that going back loses nothing; what has been sent is not left on a shared computer.
    """
    form = context["form"]
    response = render(request, template, context, status=status or form.status)
    response["Cache-Control"] = "no-store" if form.is_bound else "private, no-cache"
    if form.wait:
        response["Retry-After"] = str(form.wait)
    return response


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
