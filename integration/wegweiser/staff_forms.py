"""Forms of the admin: how staff enter a service with its places, hours and languages."""

import re

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget, AdminTimeWidget, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import TimeField
from django.utils.dates import WEEKDAYS_ABBR

from portal.admin import PartInline

from . import addresses
from .models import Contact, Location, Municipality, OpeningHours, ServiceAtLocation, SpokenLanguage
from .weekdays import CODES


class WeekdaysField(forms.MultipleChoiceField):
    """Days to tick, kept as HSDS writes them: "MO,TU"."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        super().__init__(choices=[(code, WEEKDAYS_ABBR[number]) for number, code in enumerate(CODES)], **kwargs)

    def prepare_value(self, value):
        return value.split(",") if value and isinstance(value, str) else value or []

    def has_changed(self, initial, data):
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value):
        chosen = super().clean(value)
        return ",".join(code for code in CODES if code in chosen)


class OpeningHoursForm(forms.ModelForm):
    days = WeekdaysField(label="Wochentage", help_text="Keiner: an jedem Tag.", required=False)


def of_location(name: str, label: str, **options) -> forms.Field:
    """A field of a new location, inside the form of a service."""
    options.setdefault("widget", AdminTextInputWidget)
    return Location._meta.get_field(name).formfield(required=False, label=label, **options)


class PlaceForm(forms.ModelForm):
    """Where a service is: a location that is known already, or the address of a new one."""

    title = of_location("title", "Name des Hauses")
    street = of_location("street", "Straße und Hausnummer")
    postal_code = of_location("postal_code", "PLZ")
    city = of_location("city", "Ort")
    municipality = of_location(
        "municipality",
        "Stadt oder Gemeinde",
        help_text="Leer: die mit dem Namen des Ortes.",
        widget=AutocompleteSelect(Location._meta.get_field("municipality"), admin.site),
    )
    wheelchair = of_location("wheelchair", "mit dem Rollstuhl", widget=forms.Select)

    ADDRESS = ("title", "street", "postal_code", "city", "municipality", "wheelchair")

    may_add_locations = True  # the admin says no to those who may not
    found = None  # the house at a new address that was there already
    new = None  # the house this form makes

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["location"].required = False

    def clean(self):
        data = super().clean()
        typed = any(data.get(name) for name in self.ADDRESS)
        if typed and data.get("location"):
            raise ValidationError("Bitte entweder einen bekannten Ort wählen oder eine neue Adresse eintragen.")
        if typed and self.may_add_locations:
            self.clean_address(data)
        elif not data.get("location") and "location" not in self.errors:
            self.add_error("location", "Bitte einen Ort wählen oder eine neue Adresse eintragen.")
        return data

    def clean_address(self, data):
        missing = [name for name in ("street", "postal_code", "city") if not data.get(name) and name not in self.errors]
        for name in missing:
            self.add_error(name, "Bitte ausfüllen.")
        if missing:
            self.add_error(None, "Ein Haus braucht Straße, PLZ und Ort.")
        if any(name in self.errors for name in self.ADDRESS):
            return
        self.found = addresses.find(data["street"], data["postal_code"], data["city"], data["title"])
        if self.found:
            data["location"] = self.found
            return
        if not data["municipality"]:
            data["municipality"] = Municipality.objects.filter(name__iexact=data["city"]).first()
        if not data["municipality"]:
            self.add_error("municipality", f"Bitte wählen: Eine Stadt oder Gemeinde „{data['city']}“ gibt es nicht.")
            return
        self.new = Location(title_de=data["title"], **{name: data[name] for name in self.ADDRESS if name != "title"})

    def place(self):
        """What must not be in two rows."""
        if house := self.new or self.cleaned_data.get("location"):
            return house.pk or addresses.key(house.street, house.postal_code, house.city)
        return None

    def save(self, commit=True):
        if self.new:
            self.new.save()
            self.instance.location = self.new
        return super().save(commit)


class PlaceFormSet(forms.BaseInlineFormSet):
    def clean(self):
        """In place of Django's own check, which knows nothing of new addresses."""
        seen = set()
        for form in self.forms:
            if (not form.has_changed() and not form.instance.pk) or self._should_delete_form(form):
                continue
            place = form.place() if form.is_valid() else None
            if place in seen:
                form.add_error("location", "Dieser Ort steht schon weiter oben.")
            elif place:
                seen.add(place)


class SpokenFormSet(forms.BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return "Eine Sprache steht zweimal da."

    def get_form_error(self):
        return "Diese Sprache steht schon weiter oben."


class DetailFormSet(forms.BaseInlineFormSet):
    """Hours and contacts that may hold at one place only."""

    def clean(self):
        super().clean()
        removed = {
            self.data.get(name.replace("DELETE", "id"))
            for name in self.data
            if re.fullmatch(r"at_locations-\d+-DELETE", name)
        }
        for form in self.forms:
            at = form.cleaned_data.get("service_at_location") if hasattr(form, "cleaned_data") else None
            if at and str(at.pk) in removed and not self._should_delete_form(form):
                form.add_error(
                    "service_at_location",
                    "Dieser Ort soll entfernt werden. Bitte einen anderen wählen oder auch diese Zeile entfernen.",
                )


class RowInline(PartInline):
    """Short rows. A new entry begins with empty ones, so that nobody has to look for how to add them."""

    classes = ("compact",)
    rows = 1

    def get_extra(self, request, obj=None, **kwargs):
        return 0 if obj else self.rows


class ContactInline(RowInline):
    model = Contact
    formset = DetailFormSet
    fieldsets = [
        (None, {"fields": ["label", ("phone", "email")]}),
        (
            "Mobil, Fax, Name, Hinweis",
            {"classes": ["collapse"], "fields": [("mobile", "fax", "person"), "department", "note", "order"]},
        ),
    ]


class OpeningHoursInline(RowInline):
    model = OpeningHours
    form = OpeningHoursForm
    formset = DetailFormSet
    formfield_overrides = {TimeField: {"widget": AdminTimeWidget(format="%H:%M")}}
    fieldsets = [
        (None, {"fields": [("days", "opens_at", "closes_at", "by_appointment")]}),
        (
            "Nur manchmal, Ausnahme, Hinweis",
            {
                "classes": ["collapse"],
                "fields": [("nth", "on_holidays"), ("exception", "valid_from", "valid_to"), "note"],
            },
        ),
    ]


class SpokenLanguageInline(RowInline):
    model = SpokenLanguage
    formset = SpokenFormSet
    fields = ("code", "note")
    rows = 2


class AtPlaces:
    """Hours and contacts of a service, which may hold at one of its places only."""

    def get_fieldsets(self, request, obj=None):
        first, *others = super().get_fieldsets(request, obj)
        if len(self.choices(obj)) > 1:
            first = (first[0], {**first[1], "fields": [*first[1]["fields"], "service_at_location"]})
        return [first, *others]

    def choices(self, service):
        """All places of the service, if it has several or something holds at one of them only."""
        if service is None:
            return []
        places = list(service.at_locations.select_related("location"))
        if len(places) > 1 or self.model.objects.filter(service_at_location__in=places).exists():
            return [("", "an allen Orten"), *((place.pk, str(place)) for place in places)]
        return []

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        if at := formset.form.base_fields.get("service_at_location"):
            at.queryset = ServiceAtLocation.objects.filter(service=obj)
            at.choices = self.choices(obj)  # asked once, however many rows there are
        return formset


class ServiceContactInline(AtPlaces, ContactInline):
    pass


class ServiceHoursInline(AtPlaces, OpeningHoursInline):
    pass


class ServiceAtLocationInline(RowInline):
    model = ServiceAtLocation
    form = PlaceForm
    formset = PlaceFormSet
    autocomplete_fields = ("location",)
    verbose_name = "Ort"
    verbose_name_plural = "Orte"
    fieldsets = [
        (None, {"fields": ["location"]}),
        (
            "Oder ein neues Haus",
            {
                "classes": ["new-place"],
                "description": "Nur wenn es oben noch nicht zu finden ist. Beim Sichern wird es ein Ort, den alle wählen können.",
                "fields": ["title", ("street", "postal_code", "city"), ("municipality", "wheelchair")],
            },
        ),
        (None, {"fields": ["description", "order"]}),
    ]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.may_add_locations = request.user.has_perm("wegweiser.add_location")
        return formset
