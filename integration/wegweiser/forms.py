"""Forms of readers; what they filter by is in filters.py, the staff's are in staff_forms.py."""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import GuardedForm

from .models import Service, Suggestion


class SuggestionForm(GuardedForm, forms.ModelForm):
    class Meta:
        model = Suggestion
        fields = ("message", "email")
        labels = {"message": _("Was stimmt nicht?"), "email": _("Ihre E-Mail-Adresse")}
        help_texts = {
            "message": _("Zum Beispiel: Die Telefonnummer ist falsch. Sie können in jeder Sprache schreiben."),
            "email": _("Nur wenn Sie eine Antwort möchten."),
        }
        error_messages = {
            "message": {
                "required": _("Bitte schreiben Sie, was nicht stimmt."),
                "max_length": _("Bitte schreiben Sie höchstens 2.000 Zeichen."),
            },
            "email": {
                "invalid": _("Bitte schreiben Sie die E-Mail-Adresse vollständig, zum Beispiel name@example.org.")
            },
        }
        widgets = {
            "message": forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        }

    def suggestion_id(self, service: Service) -> uuid.UUID:
        """The same for the same words of the same form about the same entry."""
        return uuid.uuid5(self.id, "\0".join([str(service.pk), *self.suggestion().values()]))

    def suggestion(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
