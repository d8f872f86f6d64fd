from django import forms
from django.utils.translation import gettext_lazy as _

from .models import Publication


class PublicationFilter(forms.Form):
    """The list's filters: a plain GET form. What it cannot read is left out rather than refused."""

    kind = forms.ChoiceField(label=_("Art"), required=False, choices=[("", _("Alle")), *Publication.Kind.choices])
    year = forms.IntegerField(label=_("Jahr"), required=False, min_value=1950, max_value=2100)

    def apply(self, rows):
        self.is_valid()
        if kind := self.cleaned_data.get("kind"):
            rows = rows.filter(kind=kind)
        if year := self.cleaned_data.get("year"):
            rows = rows.filter(year__lte=year, year_until__gte=year) | rows.filter(year=year)
        return rows
