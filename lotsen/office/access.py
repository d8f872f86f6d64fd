"""Everything that is kept about a person, in words: for her right of access (Art. 15 GDPR).

What is shown follows from the models: each field, and each row that points to the person. What a later feature keeps
about her is therefore in it without anybody thinking of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.encoding import force_str

from portal import languages, rich_text

from .. import retention
from ..models import Assignment, Consent, NoticeText, Person
from ..models.people import DAYS, PARTS

# Neither says anything about the person: what proves a link, who of the staff did something, our own book-keeping.
LEFT_OUT = {
    "token_digest",
    "token_expires",
    "warned_of",
    "author",
    "checked_by",
    "entered_by",
    "digest",
    "machine_translated",
}


# What has no German name in the models.
LABELS = {"id": "Kennung", "training": "Schulung", "volunteer": "Lotsin oder Lotse"}


@dataclass
class Row:
    """Names of fields, their words, and what stands in them: for programs and for people."""

    values: list[tuple[str, str, Any, str]] = field(default_factory=list)

    def add(self, name: str, label: str, value: Any, said: str | None = None) -> None:
        self.values.append((name, label, value, in_words(value) if said is None else said))


@dataclass
class Part:
    name: str
    title: str
    rows: list[Row]


def everything(person: Person) -> list[Part]:
    parts = [Part("person", "Angaben", [row_of(person)])]
    for relation in pointing_to(person):
        rows = relation.related_model._base_manager.filter(**{relation.field.name: person.pk})
        title = str(relation.related_model._meta.verbose_name_plural)
        parts.append(Part(relation.name, title, [row_of(row, without=relation.field.name) for row in rows]))
    if person.notice_id:
        parts.append(Part("notice", "Gezeigter Datenschutzhinweis", [row_of(person.notice, without="id")]))
    parts.append(Part("mails", "E-Mails, die noch gespeichert sind", list(mails(person))))
    parts.append(Part("history", "Was mit dem Eintrag getan wurde", list(history(person))))
    return parts


def pointing_to(person: Person) -> Iterator[models.ForeignObjectRel]:
    for relation in person._meta.get_fields(include_hidden=True):
        points = (relation.one_to_many or relation.one_to_one) and relation.auto_created and not relation.concrete
        # The tables between her and the kinds of help are fields of hers.
        if points and not relation.related_model._meta.auto_created:
            yield relation


def row_of(row: models.Model, without: str = "") -> Row:
    """One row, and where it points: to the words of a consent, to the appointment of an invitation."""
    said = Row()
    meta = row._meta
    for column in (*meta.concrete_fields, *meta.many_to_many):
        if column.name in LEFT_OUT or column.name == without or hasattr(column, "translated_field"):
            continue
        if column.primary_key and not isinstance(row, Person):
            continue
        value = getattr(row, column.name)
        if column.many_to_many:
            value = [str(target) for target in value.all()]
        elif isinstance(value, NoticeText):
            said.add(column.name, str(column.verbose_name), str(value))
            if not isinstance(row, Person):
                said.add(f"{column.name}_body", "im Wortlaut", value.body, rich_text.plain(value.body))
            continue
        elif isinstance(value, models.Model):
            value = str(value)
        label = LABELS.get(column.name) or str(column.verbose_name)
        said.add(column.name, label, plain(value), words(row, column, value))
    if isinstance(row, Person):
        said.add("reference", "Nummer", row.reference)
    if isinstance(row, Assignment):
        for name in ("starts_at", "ends_at", "kind", "municipality", "place"):
            value = getattr(row.request, name)
            label = str(row.request._meta.get_field(name).verbose_name)
            said.add(
                f"request_{name}", label, plain(value if name.endswith("_at") else str(value or "")), in_words(value)
            )
    return said


def words(row: models.Model, column: models.Field, value: Any) -> str:
    if column.name == "availability":
        return slots_in_words(value)
    if isinstance(row, Consent) and row.way == Consent.Way.PAPER and column.name == "given_at":
        value = timezone.localtime(value).date()  # nobody has noted the hour
    if getattr(column, "choices", None):
        return force_str(getattr(row, f"get_{column.name}_display")())
    if isinstance(value, str) and "<" in value and column.name == "body":
        return rich_text.plain(value)
    return in_words(value)


def slots_in_words(slots: list[str]) -> str:
    """Montag: Vormittag, Abend; …"""
    days = []
    for day, name in DAYS.items():
        if parts := [str(PARTS[part]) for part in PARTS if f"{day}-{part}" in slots]:
            days.append(f"{name}: {', '.join(parts)}")
    return "; ".join(days)


def in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%d.%m.%Y, %H:%M} Uhr"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)


def plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | list):
        return value
    return str(value) if isinstance(value, Decimal) else force_str(value)


def mails(person: Person) -> Iterator[Row]:
    for mail in retention.mails_about(person):
        row = Row()
        hers = bool(person.email) and person.email in [address.lower() for address in mail.to]
        row.add("created", "vom", plain(mail.created), in_words(mail.created))
        row.add(
            "to",
            "an",
            mail.to if hers else "",
            ", ".join(mail.to) if hers else "jemand anderen; die E-Mail nennt die Person",
        )
        row.add("subject", "Betreff", mail.subject)
        row.add("status", "Stand", force_str(mail.get_status_display()))
        if hers:  # what is in the mails to others is also about them
            row.add("message", "Text", mail.message)
        yield row


def history(person: Person) -> Iterator[Row]:
    kind = ContentType.objects.get_for_model(type(person))
    for entry in LogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).order_by("action_time"):
        row = Row()
        row.add("at", "wann", plain(entry.action_time), in_words(entry.action_time))
        row.add("what", "was", entry.get_change_message() or force_str(entry.get_action_flag_display()))
        yield row


def as_json(person: Person) -> dict[str, Any]:
    """For programs (Art. 15 (3), Art. 20)."""
    return {
        "reference": person.reference,
        "created": timezone.now().isoformat(),
        "language": languages.SOURCE,
        **{
            part.name: [{name: value for name, _label, value, _said in row.values} for row in part.rows]
            for part in everything(person)
        },
    }
