"""The form of who asks for company, and the report of who went."""

import uuid
from datetime import datetime, time, timedelta
from itertools import groupby

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from integration.wegweiser import spoken
from integration.wegweiser.models import Municipality, ServiceAtLocation
from portal import languages
from portal.forms import GuardedForm

from ..answers import PLEASE_CHOOSE, TOO_LONG, phone_number
from ..models import AssistanceRequest, KindOfHelp, LotsenSettings
from . import asking

EARLIEST, LATEST = time(6), time(22)
LONGEST = timedelta(hours=10)
DAYS_AHEAD = 365
MOST_PLACES = 300


class OneLine(forms.CharField):
    """Nothing that could look like more than one line in a mail."""

    def to_python(self, value):
        return " ".join(super().to_python(value).split())


class Paragraphs(forms.CharField):
    """Browsers send two signs for each end of a line and count one."""

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")


def one_line(label, most: int, required: str = "", help_text="", **attrs) -> forms.CharField:
    """`required`: what to say when it is missing; without it the field may stay empty."""
    messages = {"max_length": TOO_LONG}
    if required:
        messages["required"] = required
    return OneLine(
        label=label, max_length=most, required=bool(required), help_text=help_text, error_messages=messages,
        widget=forms.TextInput(attrs={"dir": "auto", **attrs}),
    )  # fmt: skip


def clock(label, missing) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        input_formats=["%H:%M", "%H:%M:%S", "%H.%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"required": missing, "invalid": _("Bitte schreiben Sie die Uhrzeit so: 09:30")},
    )


class PlaceField(forms.ModelChoiceField):
    """A house of the directory. Where there are too many to choose from, only the one that was brought along."""

    def __init__(self, **kwargs):
        super().__init__(ServiceAtLocation.objects.none(), to_field_name="uuid", **kwargs)

    def offer(self, chosen) -> None:
        """`chosen` is offered in any case: a key, in whatever form it comes."""
        self.queryset = asking.places()
        found = list(self.queryset[: MOST_PLACES + 1])
        if len(found) > MOST_PLACES:
            key = as_uuid(chosen)
            found = list(self.queryset.filter(uuid=key)) if key else []
        by_town = groupby(found, lambda place: place.location.city)
        self.widget.choices = [
            ("", self.empty_label),
            *((town, [(str(place.uuid), place_name(place)) for place in rows]) for town, rows in by_town),
        ]
        self.has_choices = bool(found)

    def to_python(self, value):
        if value and not as_uuid(value):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


def as_uuid(text) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None


def place_name(place: ServiceAtLocation) -> str:
    return f"{place.service.title} ({place.service.organization.title}), {place.location.address}"


class RequestForm(GuardedForm):
    private = forms.BooleanField(label=_("Ich frage als Privatperson"), required=False)
    institution = one_line(_("Einrichtung"), 150, help_text=_("Zum Beispiel der Name der Schule, der Praxis oder des Amtes."), autocomplete="organization")  # fmt: skip
    name = one_line(_("Ihr Name"), 100, required=_("Bitte schreiben Sie Ihren Namen."), autocomplete="name")
    email = forms.EmailField(
        label=_("Ihre E-Mail-Adresse"),
        max_length=254,
        help_text=_("Dorthin schicken wir einen Link. Damit bestätigen Sie Ihre Anfrage."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={
            "required": _("Bitte schreiben Sie Ihre E-Mail-Adresse."),
            "invalid": _("Bitte schreiben Sie die E-Mail-Adresse vollständig, zum Beispiel name@example.org."),
            "max_length": TOO_LONG,
        },
    )
    phone = one_line(_("Ihre Telefonnummer"), 40, help_text=_("Falls am Tag des Termins etwas dazwischenkommt."), type="tel", autocomplete="tel", dir="ltr")  # fmt: skip
    spoken = forms.ChoiceField(
        label=_("In welcher Sprache soll jemand helfen?"),
        error_messages={"required": _("Bitte wählen Sie eine Sprache."), "invalid_choice": PLEASE_CHOOSE},
    )
    kind = forms.ModelChoiceField(
        KindOfHelp.objects.none(),
        label=_("Worum geht es?"),
        empty_label=_("Bitte wählen"),
        error_messages={"required": _("Bitte wählen Sie, worum es geht."), "invalid_choice": PLEASE_CHOOSE},
    )
    destination = PlaceField(
        label=_("Wohin geht es?"),
        empty_label=_("An einen anderen Ort"),
        required=False,
        help_text=_("Die Orte stehen in unserem Wegweiser. Einen anderen Ort schreiben Sie in das nächste Feld."),
        error_messages={
            "invalid_choice": _("Diesen Ort gibt es im Wegweiser nicht mehr. Bitte schreiben Sie die Adresse auf.")
        },
    )
    place = one_line(_("Adresse oder Treffpunkt"), 200, autocomplete="off")
    municipality = forms.ModelChoiceField(
        Municipality.objects.none(),
        label=_("Stadt oder Gemeinde"),
        empty_label=_("steht nicht in der Liste"),
        required=False,
        error_messages={"invalid_choice": PLEASE_CHOOSE},
    )
    date = forms.DateField(
        label=_("Tag"),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": _("Bitte wählen Sie den Tag."),
            "invalid": _("Bitte schreiben Sie den Tag so: 31.12.2030"),
        },
    )
    start = clock(_("Beginn"), _("Bitte schreiben Sie, wann es beginnt."))
    end = clock(_("Ende, ungefähr"), _("Bitte schreiben Sie, wann es ungefähr zu Ende ist."))
    note = Paragraphs(
        label=_("Was sollte die Begleitung wissen?"),
        max_length=300,
        required=False,
        help_text=_("Höchstens 300 Zeichen. Bitte keine Namen und nichts über Gesundheit oder Aufenthalt."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        error_messages={"max_length": TOO_LONG},
    )
    # Which notice has been shown: what is kept of it must be what was read.
    shown = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, rules: LotsenSettings, shown: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.rules = rules
        self.initial["shown"] = shown
        if rules.asking != LotsenSettings.Asking.EVERYBODY:
            del self.fields["private"]
        self.fields["institution"].required = "private" not in self.fields
        self.fields["institution"].error_messages["required"] = _("Bitte schreiben Sie, für welche Einrichtung Sie fragen.")  # fmt: skip
        self.fields["spoken"].choices = languages_to_choose()
        self.fields["kind"].queryset = KindOfHelp.objects.filter(offered=True)
        self.fields["municipality"].queryset = Municipality.objects.all()
        if not Municipality.objects.exists():
            del self.fields["municipality"]
        self.fields["destination"].offer(self["destination"].value())
        self.first_day = timezone.localdate() + timedelta(days=rules.lead_days)
        self.last_day = timezone.localdate() + timedelta(days=max(DAYS_AHEAD, rules.lead_days))
        self.fields["date"].widget.attrs |= {"min": self.first_day.isoformat(), "max": self.last_day.isoformat()}
        self.fields["date"].help_text = _("Frühestens am %(day)s.") % {"day": date_format(self.first_day)}

    def clean_phone(self):
        return phone_number(self.cleaned_data["phone"])

    def clean_date(self):
        day = self.cleaned_data["date"]
        if day < self.first_day:
            raise ValidationError(
                _("Das ist zu bald: Wir brauchen Zeit, um jemanden zu finden. Möglich ist es ab dem %(day)s."),
                params={"day": date_format(self.first_day)},
            )
        if day > self.last_day:
            raise ValidationError(
                _("So weit im Voraus können wir noch niemanden fragen. Möglich ist es bis zum %(day)s."),
                params={"day": date_format(self.last_day)},
            )
        return day

    def clean(self):
        data = self.cleaned_data
        if data.get("private"):
            data["institution"] = ""
        elif "private" in self.fields and not data.get("institution") and "institution" not in self.errors:
            self.add_error("institution", _("Bitte schreiben Sie, für welche Einrichtung Sie fragen, oder wählen Sie „Ich frage als Privatperson“."))  # fmt: skip
        if not data.get("destination") and not data.get("place") and not self.errors.keys() & {"destination", "place"}:
            self.add_error("place", _("Bitte schreiben Sie, wohin es geht."))
        self.clean_times(data)
        if not self.errors and data.get("shown") != self.initial["shown"]:
            self.data = self.data.copy()
            self.data["shown"] = self.initial["shown"]
            raise ValidationError(
                _("Der Datenschutzhinweis hat sich inzwischen geändert. Bitte lesen Sie ihn noch einmal.")
            )
        return super().clean()  # last: it counts what is right and nothing else

    def clean_times(self, data):
        day, start, end = data.get("date"), data.get("start"), data.get("end")
        if start and not EARLIEST <= start <= LATEST:
            self.add_error("start", _("Bitte wählen Sie eine Zeit zwischen 6 und 22 Uhr."))
        if end and not EARLIEST <= end <= LATEST:
            self.add_error("end", _("Bitte wählen Sie eine Zeit zwischen 6 und 22 Uhr."))
        if not day or not start or not end or self.errors.keys() & {"start", "end"}:
            return
        data["starts_at"], data["ends_at"] = (from_current_timezone(datetime.combine(day, at)) for at in (start, end))
        if data["ends_at"] <= data["starts_at"]:
            self.add_error("end", _("Das Ende muss nach dem Beginn liegen."))
        elif data["ends_at"] - data["starts_at"] > LONGEST:
            self.add_error("end", _("Bitte fragen Sie für höchstens zehn Stunden."))

    KEPT = (
        "institution",
        "name",
        "email",
        "phone",
        "spoken",
        "kind",
        "destination",
        "place",
        "starts_at",
        "ends_at",
        "note",
    )

    def asked(self) -> AssistanceRequest:
        """Not saved. The same words of the same form are the same request; corrected ones are another."""
        kept = {name: self.cleaned_data[name] for name in self.KEPT}
        destination = kept["destination"]
        kept["municipality"] = (
            destination.location.municipality if destination else self.cleaned_data.get("municipality")
        )
        said = "\0".join(str(getattr(value, "pk", value)) for value in kept.values())
        return AssistanceRequest(id=uuid.uuid5(self.id, said), language=get_language(), **kept)


def languages_to_choose() -> list:
    """Those of the portal first: most who are accompanied read one of them."""
    names = spoken.names(get_language())
    first = [language.code for language in languages.LANGUAGES if language.code in names]
    others = sorted((name, code) for code, name in names.items() if code not in first)
    return [
        ("", _("Bitte wählen")),
        *((code, names[code]) for code in first),
        (_("Weitere Sprachen"), [(code, name) for name, code in others]),
    ]


class HalfHours(forms.DecimalField):
    """However a decimal point is written."""

    def to_python(self, value):
        return super().to_python(value.replace(",", ".").replace("٫", ".") if isinstance(value, str) else value)

    def run_validators(self, value):
        super().run_validators(value)
        if value is not None and value * 2 % 1:
            raise ValidationError(_("Bitte runden Sie auf halbe Stunden, zum Beispiel 1,5."))


HOURS = _("Bitte schreiben Sie eine Zahl zwischen 0 und 24.")
KILOMETRES = _("Bitte schreiben Sie eine Zahl zwischen 0 und 1000.")


class WorkForm(forms.Form):
    """How much it was; by itself for whoever corrects it."""

    hours = HalfHours(
        label=_("Wie viele Stunden waren Sie unterwegs?"),
        help_text=_("Mit Weg und Warten, auf halbe Stunden gerundet."),
        required=False,
        min_value=0,
        max_value=24,
        widget=forms.NumberInput(attrs={"step": "0.5", "dir": "ltr"}),
        error_messages={"invalid": HOURS, "min_value": HOURS, "max_value": HOURS},
    )
    kilometres = forms.IntegerField(
        label=_("Wie viele Kilometer sind Sie gefahren?"),
        required=False,
        min_value=0,
        max_value=1000,
        widget=forms.NumberInput(attrs={"dir": "ltr"}),
        error_messages={"invalid": KILOMETRES, "min_value": KILOMETRES, "max_value": KILOMETRES},
    )


class ReportForm(WorkForm):
    field_order = ["took_place", "hours", "kilometres"]
    took_place = forms.ChoiceField(
        label=_("Hat die Begleitung stattgefunden?"),
        choices=[("yes", _("Ja")), ("no", _("Nein, es ist niemand gekommen"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Bitte sagen Sie, ob die Begleitung stattgefunden hat.")},
    )

    def clean(self):
        data = super().clean()
        if data.get("took_place") == "yes" and data.get("hours") is None and "hours" not in self.errors:
            self.add_error("hours", _("Bitte schreiben Sie, wie viele Stunden es waren."))
        return data

    def said(self) -> dict:
        """For steps.report()."""
        data = self.cleaned_data
        return {"took_place": data["took_place"] == "yes", "hours": data["hours"], "kilometres": data["kilometres"]}
