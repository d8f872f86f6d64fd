"""One content in one language: German on the left, what it becomes on the right, with all that belongs to it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.safestring import SafeString

from portal import differences, languages, rich_text
from portal.fields import RichTextField
from portal.versions.recording import recording

from . import machine, parts, states
from .models import Origin, SourceText, Translation

State = Translation.State


@dataclass
class Text:
    """A text of a content or of a part of it."""

    row: models.Model
    name: str
    code: str
    state: State
    then: str | None  # what the German text was when this translation was made, if that was another one and is known

    @property
    def key(self) -> str:
        return f"{self.row._meta.model_name}-{self.row.pk}-{self.name}"

    @property
    def field(self) -> models.Field:
        return parts.column(type(self.row), self.name, self.code)

    @property
    def label(self) -> str:
        return str(self.row._meta.get_field(self.name).verbose_name)

    @property
    def is_rich(self) -> bool:
        return isinstance(self.field, RichTextField)

    @property
    def german(self) -> str:
        return parts.value(self.row, self.name, languages.SOURCE)

    @property
    def translation(self) -> str:
        return parts.value(self.row, self.name, self.code)

    @property
    def seen(self) -> str:
        """Tells whether somebody has changed one of the two meanwhile."""
        return f"{states.digest(self.row, self.name, languages.SOURCE)}.{states.digest(self.row, self.name, self.code)}"

    def german_html(self) -> str:
        """Of a text from the editor, cleaned, its headings below those of the page."""
        return rich_text.shift_headings(self.field.sanitize(self.german), 4)

    def difference(self) -> SafeString | None:
        return None if self.then is None else differences.in_one(self.then, self.german, self.is_rich)

    @property
    def is_outdated(self) -> bool:
        return self.state == State.OUTDATED


@dataclass
class Part:
    row: models.Model
    texts: list[Text]


def contents(model: type[models.Model], pks: Collection[int], code: str) -> Iterator[tuple[models.Model, list[Part]]]:
    """These contents, each with its parts and their texts; a query for each model and two more."""
    rows, chosen = defaultdict(list), {}
    for row, content in parts.with_parts(model, pks):
        rows[content.pk].append(row)
        chosen.setdefault(content.pk, content)
    kind = model._meta.label_lower
    origins = {(x.kind, x.object_id): x for x in Origin.objects.filter(owner_kind=kind, owner_id__in=list(chosen))}
    made_from = {place: origin.made_from.get(code, {}) for place, origin in origins.items()}
    digests = {entry[0] for entries in made_from.values() for entry in entries.values()}
    sources = dict(SourceText.objects.filter(digest__in=digests).values_list("digest", "text")) if len(pks) == 1 else {}
    sources[""] = ""
    for pk, content in chosen.items():
        found = []
        for row in rows[pk]:
            texts = []
            for name in parts.texts(type(row)):
                entry = made_from.get(states.key(row), {}).get(name)
                german, own = (states.digest(row, name, language) for language in (languages.SOURCE, code))
                state = states.with_machine(states.state_of(german, own, entry), code, content.machine_translated)
                if state != State.NOTHING:
                    then = sources.get(entry[0]) if state == State.OUTDATED else ""
                    texts.append(Text(row, name, code, state, then))
            if texts:
                found.append(Part(row, texts))
        yield content, found


def found(model: type[models.Model], pk: int, code: str) -> list[Part]:
    return next((rows for _content, rows in contents(model, [pk], code)), [])


def valid(text: Text, value: str, formfield: Callable[[models.Field], forms.Field]) -> str:
    """The text as the usual form would save it. Raises ValidationError where that would say no."""
    field = formfield(text.field)
    field.required = False
    value = field.clean(value) or ""
    return text.field.clean(value, text.row) if value else value


class TranslationForm(forms.Form):
    """All texts of a content in one language. What nobody has touched is left as it is."""

    def __init__(self, data, content_parts: list[Part], formfield: Callable[[models.Field], forms.Field]):
        super().__init__(data)
        self.texts = [text for part in content_parts for text in part.texts]
        for text in self.texts:
            field = formfield(text.field)
            field.required = False
            field.label = text.label
            field.initial = text.translation
            self.fields[text.key] = field
            self.fields[f"{text.key}-seen"] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=text.seen, max_length=80
            )

    def clean(self):
        self.touched: list[Text] = []
        for text in self.texts:
            if text.key not in self.cleaned_data:
                continue  # not valid
            value = self.cleaned_data[text.key] or ""
            seen_german, _dot, seen_own = self.cleaned_data.get(f"{text.key}-seen", "").partition(".")
            german, _dot, own = text.seen.partition(".")
            new = states.digest_of(states.normal(text.field, value))
            if new in (seen_own, own):
                continue
            try:
                value = text.field.clean(value or None, text.row) if value else value
            except ValidationError as error:
                self.add_error(text.key, error)
                continue
            if german != seen_german:
                self.add_error(
                    text.key,
                    "Der deutsche Text hat sich inzwischen geändert. Bitte vergleichen und noch einmal sichern.",
                )
            elif own != seen_own:
                self.add_error(
                    text.key,
                    f"Inzwischen hat jemand anderes hier geschrieben: „{text.translation}“. Bitte vergleichen.",
                )
            setattr(text.row, text.field.name, value)
            self.touched.append(text)
        return self.cleaned_data

    def bind_again(self) -> None:
        """After an error the page shows what is there now; the next attempt knows it."""
        self.data = self.data.copy()
        for text in self.texts:
            self.data[f"{text.key}-seen"] = self.fields[f"{text.key}-seen"].initial


def save(content: models.Model, texts: list[Text], code: str, user, *, machine: bool | None = None, how: str) -> None:
    """Writes what has changed, and whether it is a machine's. To be called inside a transaction.

    Nothing but these columns: of two hundred a row has, a translator has written three.
    """
    marked = set(content.machine_translated)
    marked = marked | {code} if machine else marked - {code} if machine is False else marked
    rows, columns = {}, defaultdict(set)
    for text in texts:
        rows[states.key(text.row)] = text.row
        columns[states.key(text.row)].add(text.field.name)
    if marked != set(content.machine_translated):
        content = rows.setdefault(states.key(content), content)
        content.machine_translated = [x for x in languages.BY_CODE if x in marked]
        columns[states.key(content)].add("machine_translated")
    name = languages.BY_CODE[code].german_name
    labels = ", ".join(dict.fromkeys(text.label for text in texts)) or "geprüft"
    comment = f"{how} ({name}): {labels}"
    with recording(user, comment):
        for place, row in rows.items():
            changing = {field.name for field in row._meta.concrete_fields if getattr(field, "auto_now", False)}
            row.save(update_fields=columns[place] | changing)
    LogEntry.objects.log_actions(user.pk, [content], CHANGE, comment)


def fill_by_machine(content_parts: list[Part], code: str, formfield) -> tuple[list[Text], list[Text]]:
    """Fills what is empty and nothing else: what has been filled, and what the machine said that cannot be."""
    empty = [text for part in content_parts for text in part.texts if text.state == State.MISSING]
    filled, refused = [], []
    for html in (False, True):
        texts = [text for text in empty if text.is_rich == html]
        answers = machine.translate([text.german for text in texts], code, html) if texts else []
        for text, answer in zip(texts, answers, strict=True):
            try:
                value = valid(text, answer, formfield)
            except ValidationError:
                value = ""
            if value:
                setattr(text.row, text.field.name, value)
            (filled if value else refused).append(text)
    return filled, refused
