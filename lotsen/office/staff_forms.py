from datetime import datetime, time

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import Truncator

from portal import languages

from .. import mails, notices
from ..models import Consent, Fulfilment, LotsenSettings, MailText, NoticeText, Requirement, Volunteer
from ..models.people import DAYS, PARTS, SLOTS

Stage = Volunteer.Stage


class SlotTable(forms.CheckboxSelectMultiple):
    """Seven days, three parts each: a table of boxes to tick, each with a name of its own."""

    def _render(self, template_name, context, renderer=None):
        chosen = set(context["widget"]["value"] or ())
        name, identifier = context["widget"]["name"], context["widget"]["attrs"].get("id", "id_slots")
        rows = [
            (title, [(f"{day}-{part}", f"{title}, {PARTS[part]}", f"{day}-{part}" in chosen) for part in PARTS])
            for day, title in DAYS.items()
        ]
        table = {"name": name, "id": identifier, "rows": rows, "parts": PARTS.values()}
        return render_to_string("admin/lotsen/office/slots.html", table)

    def format_value(self, value):
        return value if isinstance(value, list) else []


class VolunteerForm(forms.ModelForm):
    """By hand, as from a sheet of paper or a call, it begins at any stage in which somebody is already."""

    start_stage = forms.ChoiceField(
        label="Stand",
        choices=[
            (stage.value, stage.label) for stage in (Stage.APPLIED, Stage.INTERVIEW, Stage.TRAINING, Stage.ACTIVE)
        ],
        required=False,
        help_text="Wer neu ist: angemeldet. Für Freiwillige, die es schon gibt, der jetzige Stand.",
    )
    availability = forms.MultipleChoiceField(
        label="hat Zeit", choices=[(slot, slot) for slot in SLOTS], required=False, widget=SlotTable
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = False  # Django describes the hidden one too, which HTML forbids
        if adult := self.fields.get("adult"):
            adult.required = True
            adult.error_messages["required"] = "Lotsinnen und Lotsen sind mindestens 18 Jahre alt."

    def clean(self):
        data = super().clean()
        if not data.get("municipality") and not data.get("place") and "place" in self.fields:
            self.add_error("place", "Bitte den Wohnort angeben.")
        return data

    def clean_last_contact_on(self):
        day = self.cleaned_data["last_contact_on"]
        if day > timezone.localdate():
            raise ValidationError("Der Tag liegt in der Zukunft.")
        return day

    def save(self, commit=True):
        if self.instance._state.adding and self.cleaned_data.get("start_stage"):
            self.instance.stage = self.cleaned_data["start_stage"]
        return super().save(commit)


class FulfilmentForm(forms.ModelForm):
    """What the certificate of conduct says is looked at and not kept: whoever has an entry in it is not taken."""

    nothing_in_it = forms.BooleanField(
        label="Das Führungszeugnis enthält keine einschlägige Eintragung", required=False
    )

    class Meta:
        model = Fulfilment
        fields = ("requirement", "fulfilled_on", "issued_on")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["fulfilled_on"].show_hidden_initial = False  # as above
        if self.instance.pk and self.instance.requirement.kind == Requirement.Kind.RECORD:
            self.initial["nothing_in_it"] = True  # else it would not be there
        if self.instance.pk and self.instance.by_attendance:
            for name, field in self.fields.items():
                if name not in {"id", "DELETE"}:
                    field.disabled = True

    def clean(self):
        data = super().clean()
        requirement = data.get("requirement")
        is_record = requirement is not None and requirement.kind == Requirement.Kind.RECORD
        if is_record and self.has_changed() and not data.get("nothing_in_it"):
            self.add_error(
                "nothing_in_it",
                "Ohne dieses Häkchen wird nichts gespeichert. Enthält es eine einschlägige Eintragung, ist der Stand "
                "„nicht aufgenommen“ richtig.",
            )
        return data


class FulfilmentFormSet(BaseInlineFormSet):
    def clean(self):
        """The same twice on one day is one."""
        super().clean()
        seen = set()
        for form in self.forms:
            if (data := getattr(form, "cleaned_data", None)) and not data.get("DELETE") and data.get("requirement"):
                key = data["requirement"].pk, data.get("fulfilled_on")
                if key in seen:
                    raise ValidationError("Dieselbe Voraussetzung steht zweimal mit demselben Tag da.")
                seen.add(key)


class PaperConsentForm(forms.ModelForm):
    """Given on paper: which words, and on which day. Nothing is confirmed by it, and nobody gets a mail."""

    words = forms.ChoiceField(label="Wortlaut, wie er auf dem Papier steht")
    given_on = forms.DateField(label="unterschrieben am", widget=AdminDateWidget)

    class Meta:
        model = Consent
        fields = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.wordings = {f"{text.purpose}-{text.language}-{text.digest}": text for text in notices.wordings()}
        self.fields["words"].choices = [
            ("", "– bitte wählen –"),
            *((key, wording(text)) for key, text in self.wordings.items()),
        ]

    def clean_given_on(self):
        day = self.cleaned_data["given_on"]
        if day > timezone.localdate():
            raise ValidationError("Der Tag liegt in der Zukunft.")
        return day

    def save(self, commit=True):
        text = self.wordings[self.cleaned_data["words"]]
        self.instance.text = notices.keep(text.purpose, text.body, text.language)
        day = datetime.combine(self.cleaned_data["given_on"], time())
        self.instance.given_at, self.instance.way = timezone.make_aware(day), Consent.Way.PAPER
        return super().save(commit)


def wording(text: NoticeText) -> str:
    version = f"Fassung {text.version}" if text.pk else "heutiger Wortlaut"
    return f"{text.get_purpose_display()} ({text.language}, {version}): {Truncator(text.body).chars(80)}"


class PauseForm(forms.Form):
    paused_until = forms.DateField(
        label="Pause bis", required=False, widget=AdminDateWidget, help_text="Leer: bis auf Weiteres."
    )

    def clean_paused_until(self):
        day = self.cleaned_data["paused_until"]
        if day and day <= timezone.localdate():
            raise ValidationError("Der Tag muss in der Zukunft liegen.")
        return day


class StageForm(forms.Form):
    """For many at once."""

    stage = forms.ChoiceField(label="neuer Stand", choices=[(s.value, s.label) for s in Stage if s != Stage.APPLIED])
    anyway = forms.BooleanField(
        label="aktiv auch, wenn Voraussetzungen fehlen", required=False, help_text="Sonst bleibt, wem etwas fehlt."
    )


class LetterForm(forms.Form):
    """One text for many: a template of the office's own, or written here; German, and as many languages as wanted."""

    template = forms.ModelChoiceField(
        MailText.objects.none(), label="Vorlage", required=False, empty_label="– selbst schreiben –"
    )
    only_news = forms.BooleanField(
        label="nur an Personen, die eingewilligt haben",
        required=False,
        help_text="Einladungen zu Treffen und Neuigkeiten brauchen diese Einwilligung.",
    )

    def __init__(self, *args, codes: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.codes = codes
        self.fields["template"].queryset = MailText.objects.filter(key=None)
        if not LotsenSettings.current().consent_news:
            del self.fields["only_news"]
        for code in self.all_codes:
            language = languages.BY_CODE[code]
            says = {"lang": code, "dir": languages.direction(code)}
            empty = "" if code == languages.SOURCE else "Leer: Diese Personen bekommen den deutschen Text."
            self.fields[f"subject_{code}"] = forms.CharField(
                label=f"Betreff ({language.german_name})",
                max_length=150,
                required=False,
                widget=forms.TextInput(attrs={"class": "vTextField", **says}),
            )
            self.fields[f"body_{code}"] = forms.CharField(
                label=f"Text ({language.german_name})",
                max_length=4000,
                required=False,
                widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 8, **says}),
                help_text=empty,
            )

    @property
    def all_codes(self) -> list[str]:
        return [languages.SOURCE, *(code for code in self.codes if code != languages.SOURCE)]

    def clean(self):
        data = super().clean()
        german = "subject_de", "body_de"
        if data.get("template"):
            subject, body, _language = self.words(languages.SOURCE)
            if not subject or not body:
                self.add_error("template", "Diese Vorlage hat keinen deutschen Betreff oder Text.")
        elif any(not data.get(name) for name in german):
            for name in german:
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, "Bitte ausfüllen oder oben eine Vorlage wählen.")
        for code in self.all_codes if not self.errors else ():
            subject, body, language = self.words(code)
            if bool(data.get(f"subject_{code}")) != bool(data.get(f"body_{code}")) and not data.get("template"):
                self.add_error(f"body_{code}", "Betreff und Text gehören zusammen.")
            try:
                mails.validate(None, language, subject, body)
            except ValidationError as error:
                self.add_error("template" if data.get("template") else f"body_{code}", error)
        return data

    def words(self, code: str) -> tuple[str, str, str]:
        """Subject and text for the readers of a language, and in which they are."""
        data, template = self.cleaned_data, self.cleaned_data.get("template")
        for language in (code, languages.SOURCE):
            if template:
                subject, body = (mails.own_text(template, name, language) for name in ("subject", "body"))
            else:
                subject, body = data.get(f"subject_{language}", ""), data.get(f"body_{language}", "")
            if subject and body:
                return subject, body, language
        return "", "", languages.SOURCE
