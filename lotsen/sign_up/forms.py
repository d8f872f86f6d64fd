"""The form that makes a volunteer. It asks for what is needed to meet her, and never for where she comes from."""

import json
import uuid

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from integration.wegweiser import spoken
from integration.wegweiser.models import Municipality
from portal import languages
from portal.forms import GuardedForm
from portal.page_cache.kept import kept

from .. import notices
from ..answers import PLEASE_CHOOSE, TOO_LONG, phone_number
from ..models import KindOfHelp, Volunteer, VolunteerLanguage
from ..models.people import DAYS, PARTS, SLOTS

ELSEWHERE = "-"  # no slug begins with it


def languages_to_choose() -> list[tuple[str, str]]:
    """Only asked for where they are shown or one has been chosen: it is a long list."""
    names = spoken.names(get_language() or languages.SOURCE)
    return [("", "–"), *sorted(names.items(), key=lambda pair: pair[1].casefold())]


class SignUpForm(GuardedForm):
    """Filled in, looked over and sent: three steps with one form, and nothing is kept before the last."""

    PER_HOUR = 500  # an evening of information, and a hundred people at one connection
    ROWS, MORE_ROWS, MOST_ROWS = 3, 2, 9

    name = forms.CharField(
        label=_("Ihr Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"required": _("Bitte schreiben Sie Ihren Namen.")},
    )
    email = forms.EmailField(
        label=_("E-Mail-Adresse"),
        help_text=_("Wir schicken Ihnen eine E-Mail mit einem Link. Erst wenn Sie ihn öffnen, sind Sie angemeldet."),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={
            "invalid": _("Bitte schreiben Sie die E-Mail-Adresse vollständig, zum Beispiel name@example.org.")
        },
    )
    phone = forms.CharField(
        label=_("Telefon"),
        help_text=_("Ohne E-Mail-Adresse rufen wir Sie an."),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "dir": "ltr"}),
    )
    home = forms.ChoiceField(label=_("Wo wohnen Sie?"), required=False)
    place = forms.CharField(
        label=_("PLZ oder Ort"), required=False, max_length=100, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    language = forms.ChoiceField(
        label=_("In welcher Sprache sollen wir Ihnen schreiben?"), error_messages={"invalid_choice": PLEASE_CHOOSE}
    )
    kinds = forms.MultipleChoiceField(
        label=_("Wobei möchten Sie helfen?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    areas = forms.MultipleChoiceField(
        label=_("Wo möchten Sie helfen?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    availability = forms.MultipleChoiceField(
        label=_("Wann haben Sie Zeit?"),
        required=False,
        choices=[(slot, slot) for slot in SLOTS],
        widget=forms.CheckboxSelectMultiple,
    )
    has_car = forms.BooleanField(label=_("Ich habe ein Auto und kann damit fahren."), required=False)
    hours_week = forms.IntegerField(
        label=_("Wie viele Stunden in der Woche höchstens?"),
        required=False,
        min_value=1,
        max_value=40,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "dir": "ltr"}),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Bitte schreiben Sie eine Zahl von 1 bis 40.")
        ),
    )
    message = forms.CharField(
        label=_("Was möchten Sie uns noch sagen?"),
        help_text=_("Bitte nichts über Gesundheit, Religion, Herkunft oder Aufenthalt: Das brauchen wir nicht."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    adult = forms.BooleanField(
        label=_("Ich bin mindestens 18 Jahre alt."),
        error_messages={"required": _("Anmelden können Sie sich, wenn Sie mindestens 18 Jahre alt sind.")},
    )
    acknowledged = forms.BooleanField(
        label=_("Ich habe den Datenschutzhinweis gelesen."),
        error_messages={"required": _("Bitte lesen Sie den Datenschutzhinweis und kreuzen Sie das Kästchen an.")},
    )
    shown = forms.CharField(required=False, widget=forms.HiddenInput)  # which notice that was

    def __init__(self, data=None, *, request, site, rules, last_step=False, more_rows=False, **kwargs):
        super().__init__(data, request=request, **kwargs)
        self.site, self.rules, self.last_step = site, rules, last_step
        self.notice = kept(
            request, ("sign-up notice", get_language()), lambda: notices.notice(notices.Purpose.SIGN_UP, site, rules)
        )
        self.consents = notices.consents(rules)
        self.initial |= {"language": get_language(), "shown": self.digest}
        self.fields["language"].choices = [(code, languages.BY_CODE[code].name) for code in site.shown_languages()]
        self.fields["kinds"].choices = [(kind.slug, kind) for kind in self.kinds_offered.values()]
        self.fields["areas"].choices = [(slug, place.name) for slug, place in self.municipalities.items()]
        if self.municipalities:
            choices = self.fields["areas"].choices
            self.fields["home"].choices = [("", _("Bitte wählen")), *choices, (ELSEWHERE, _("anderer Ort"))]
            self.fields["place"].label = _("PLZ oder Ort, wenn er nicht in der Liste steht")
        else:
            del self.fields["home"], self.fields["areas"]
        for purpose, words in self.consents.items():
            self.fields[f"consent_{purpose}"] = forms.BooleanField(label=words, required=False)
        self.add_language_rows(more_rows)
        for field in self.fields.values():
            field.error_messages["max_length"] = TOO_LONG
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = PLEASE_CHOOSE

    @classmethod
    def unfinished(cls, data, **options) -> "SignUpForm":
        """The same form with all that has been written, and without a word on what is still missing."""
        form = cls(data, **options)
        form._errors = {}
        return form

    # Lists -------------------------------------------------------------------------------------------

    @cached_property
    def municipalities(self) -> dict[str, Municipality]:
        places = kept(self.request, "municipalities", lambda: list(Municipality.objects.all()))
        return {place.slug: place for place in places}

    @cached_property
    def kinds_offered(self) -> dict[str, KindOfHelp]:
        kinds = kept(self.request, "kinds of help", lambda: list(KindOfHelp.objects.filter(offered=True)))
        return {kind.slug: kind for kind in kinds}

    def add_language_rows(self, more: bool) -> None:
        """Without a script further rows come from the server."""
        sent = [number for number in range(self.MOST_ROWS) if f"spoken_{number}" in self.data]
        self.rows = min(max(self.ROWS, len(sent)) + (self.MORE_ROWS if more else 0), self.MOST_ROWS)
        for number in range(self.rows):
            self.fields[f"spoken_{number}"] = forms.ChoiceField(
                label=_("Sprache"), choices=languages_to_choose, required=False
            )
            self.fields[f"level_{number}"] = forms.ChoiceField(
                label=_("Wie gut?"), choices=[("", "–"), *VolunteerLanguage.Level.choices], required=False
            )

    # What the template shows -------------------------------------------------------------------------

    @property
    def language_rows(self):
        return [(self[f"spoken_{number}"], self[f"level_{number}"]) for number in range(self.rows)]

    @property
    def can_grow(self) -> bool:
        return self.rows < self.MOST_ROWS

    @property
    def days(self):
        """Each day with its three boxes."""
        boxes = {box.data["value"]: box for box in self["availability"]}
        return [(day, [(boxes[f"{code}-{part}"], name) for part, name in PARTS.items()]) for code, day in DAYS.items()]

    @property
    def kept(self):
        """All that was written, to be hidden: then there is nothing to explain."""
        fields = list(self)
        for field in fields:
            field.help_text = ""
        return fields

    @property
    def consent_fields(self):
        return [self[f"consent_{purpose}"] for purpose in self.consents]

    # What it must be ---------------------------------------------------------------------------------

    @cached_property
    def digest(self) -> str:
        return notices.digest("\n".join([self.notice, *self.consents.values()]))

    def clean_name(self):
        return " ".join(self.cleaned_data["name"].split())

    def clean_email(self):
        return self.cleaned_data["email"].lower()

    def clean_phone(self):
        return phone_number(self.cleaned_data["phone"])

    def clean(self):
        data = self.cleaned_data
        if not self.errors.keys() & {"email", "phone"} and not data.get("email") and not data.get("phone"):
            self.add_error("email", _("Bitte schreiben Sie Ihre E-Mail-Adresse oder Ihre Telefonnummer."))
        self.check_home(data)
        self.check_languages(data)
        if data.get("shown") != self.digest:
            self.show_new_notice()
        return super().clean()

    def check_home(self, data):
        if self.errors.keys() & {"home", "place"}:
            return
        if data.get("home") in self.municipalities:
            data["place"] = ""
        elif not data.get("place"):
            field = "home" if self.municipalities and data.get("home") != ELSEWHERE else "place"
            self.add_error(field, _("Bitte sagen Sie uns, wo Sie wohnen. Die Postleitzahl genügt."))

    def check_languages(self, data):
        chosen = set()
        for number in range(self.rows):
            code, level = data.get(f"spoken_{number}"), data.get(f"level_{number}")
            if code and not level and f"level_{number}" not in self.errors:
                self.add_error(f"level_{number}", _("Bitte wählen Sie auch, wie gut Sie diese Sprache sprechen."))
            if code and code in chosen:
                self.add_error(f"spoken_{number}", _("Diese Sprache steht schon da."))
            chosen.add(code)

    def show_new_notice(self):
        """It reads otherwise than when the form was opened: nobody has agreed to that yet."""
        self.data = self.data.copy()
        self.data["shown"] = self.digest
        for name in ("acknowledged", *(f"consent_{purpose}" for purpose in self.consents)):
            self.data.pop(name, None)
        self.add_error(
            "acknowledged",
            _("Der Datenschutzhinweis hat sich inzwischen geändert. Bitte lesen Sie ihn noch einmal."),
        )

    def seconds_to_wait(self):
        """Looking over what one has written is no message."""
        return super().seconds_to_wait() if self.last_step else 0

    # What it says ------------------------------------------------------------------------------------

    def volunteer_id(self) -> uuid.UUID:
        """The same for the same answers in the same form: sending twice makes one row."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in {"stamp", "website"}}
        return uuid.uuid5(self.id, json.dumps(said, sort_keys=True))

    def volunteer(self) -> Volunteer:
        data = self.cleaned_data
        return Volunteer(
            id=self.volunteer_id(),
            municipality=self.municipalities.get(data.get("home")),
            **{
                name: data[name]
                for name in ("name", "email", "phone", "place", "language", "availability", "has_car", "hours_week",
                             "message", "adult")
            },
        )  # fmt: skip

    def languages_spoken(self) -> dict[str, str]:
        data = self.cleaned_data
        rows = [(data[f"spoken_{number}"], data[f"level_{number}"]) for number in range(self.rows)]
        return {code: level for code, level in rows if code}

    def chosen(self, name: str) -> list:
        """The kinds of help or the municipalities that are ticked."""
        known = self.kinds_offered if name == "kinds" else self.municipalities
        return [known[slug] for slug in self.cleaned_data.get(name, ())]

    def consents_given(self) -> dict[str, str]:
        return {purpose: text for purpose, text in self.consents.items() if self.cleaned_data[f"consent_{purpose}"]}

    def in_words(self):
        """All of it as it will be kept, for the person to look over."""
        data = self.cleaned_data
        levels = dict(VolunteerLanguage.Level.choices)
        home = self.municipalities.get(data.get("home"))
        return {
            "home": home.name if home else data["place"],
            "language": languages.BY_CODE[data["language"]],
            "spoken": [(spoken.name(code), levels[level]) for code, level in self.languages_spoken().items()],
            "kinds": self.chosen("kinds"),
            "areas": self.chosen("areas") if "areas" in self.fields else [],
            "days": [
                (day, [name for part, name in PARTS.items() if f"{code}-{part}" in data["availability"]])
                for code, day in DAYS.items()
                if any(slot.startswith(f"{code}-") for slot in data["availability"])
            ],
            "consents": [field for field in self.consent_fields if data[field.name]],
        }
