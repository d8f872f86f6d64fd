"""Forms for staff; what readers filter by is in filters.py."""

from django import forms

from .models import OpeningHours
from .weekdays import CODES, WEEKDAYS


class WeekdaysField(forms.MultipleChoiceField):
    """Days to tick, kept as HSDS writes them: "MO,TU"."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        kwargs.pop("max_length", None)
        super().__init__(choices=WEEKDAYS.items(), **kwargs)

    def prepare_value(self, value):
        return value.split(",") if isinstance(value, str) else value

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial or ""), data)

    def clean(self, value):
        chosen = super().clean(value)
        return ",".join(code for code in CODES if code in chosen)


class OpeningHoursForm(forms.ModelForm):
    class Meta:
        model = OpeningHours
        fields = ("days",)  # the admin names the others
        field_classes = {"days": WeekdaysField}
