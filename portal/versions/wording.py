"""What is different between two versions, in the words of the forms."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from portal import differences, languages
from portal.fields import RichTextField

from . import kinds, snapshots
from .snapshots import Key, Rows

GONE = "Datei nicht mehr vorhanden"
MOST = 5  # named in a line; the rest is counted


@dataclass
class Change:
    key: Key
    name: str  # of the field; empty: the whole part
    where: str  # "Aufgabe „Vernetzen“"; empty: the content itself
    label: str
    kind: str  # changed, added, removed, moved
    old: SafeString
    new: SafeString
    language: str = ""

    @property
    def direction(self) -> str:
        return languages.direction(self.language) if self.language else ""

    @property
    def summary(self) -> str:
        said = {"added": "dazu", "removed": "entfernt", "moved": "verschoben"}.get(self.kind)
        return f"{self.where} {said}" if said and self.where else ": ".join(filter(None, (self.where, self.label)))

    @property
    def field_id(self) -> str:
        """To choose it by in a form."""
        return "|".join((*self.key, self.name))


class Names:
    """What others are called to whom rows point, with one question for each kind."""

    def __init__(self, trees: Iterable[Rows]):
        wanted: dict[type[models.Model], set[Any]] = {}
        for rows in trees:
            for key, fields in rows.items():
                for field in relations(kinds.registered(key[0])):
                    value = fields.get(field.name)
                    pks = value if isinstance(value, list) else [value]
                    wanted.setdefault(field.related_model, set()).update(pk for pk in pks if pk is not None)
        self.rows = {
            model: models.QuerySet(model).select_related().in_bulk(list(pks)) for model, pks in wanted.items() if pks
        }

    def row(self, model: type[models.Model], pk: Any) -> models.Model | None:
        return self.rows.get(model, {}).get(pk)

    def name(self, model: type[models.Model], pk: Any) -> str:
        row = self.row(model, pk)
        return str(row) if row else f"nicht mehr vorhanden (Nr. {pk})"


def relations(model: type[models.Model] | None) -> list[models.Field]:
    if model is None:
        return []
    owners = {key.name for key in kinds.above(model)}
    return [
        field for field in kinds.columns(model) if field.is_relation and (field.name not in owners or depends(field))
    ]


def depends(field: models.Field) -> bool:
    """A key to another part, as hours at one place: that is said. The key to the whole is not."""
    return bool(kinds.above(field.related_model))


def compare(before: Rows, after: Rows, whole: Key, names: Names | None = None) -> list[Change]:
    names = names or Names([before, after])
    found: list[Change] = []
    for key in sorted({*before, *after}, key=lambda key: order(key, whole)):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            found += one_sided(key, old, new, whole, names)
        else:
            found += field_changes(key, old, new, whole, names)
    return found


def order(key: Key, whole: Key) -> tuple:
    model, top = kinds.registered(key[0]), kinds.registered(whole[0])
    family = kinds.family(top) if top else []
    return (family.index(model) if model in family else 99, int(key[1]) if key[1].isdigit() else 0, key[1])


def one_sided(key: Key, old: dict | None, new: dict | None, whole: Key, names: Names) -> list[Change]:
    """A part that has come or gone, with what it says."""
    fields = old if new is None else new
    lines = listed(key, fields, names)
    kind = "removed" if new is None else "added"
    left, right = (lines, SafeString()) if new is None else (SafeString(), lines)
    mark = format_html("<del>{}</del>", left) if left else left, format_html("<ins>{}</ins>", right) if right else right
    where = title(key, fields, names) if key != whole else ""
    label = "entfernt" if new is None else "dazugekommen"
    return [Change(key, "", where, label, kind, *mark)]


def listed(key: Key, fields: dict[str, Any], names: Names) -> SafeString:
    lines = []
    for name, value in fields.items():
        if snapshots.is_empty(value) or name in snapshots.BESIDE or is_quiet(key, name):
            continue
        lines.append(f"{label_of(key, name)}: {words(key, name, value, names)}")
    return (
        SafeString("\n").join(format_html("{}", line) for line in lines) if lines else format_html("{}", "ohne Angaben")
    )


def field_changes(key: Key, old: dict, new: dict, whole: Key, names: Names) -> list[Change]:
    changed = set(snapshots.changed(old, new))
    # In the order of the model; what it does not know any more comes last.
    in_order = [name for name in [*new, *old] if name in changed]
    where = title(key, new, names) if key != whole else ""
    if where and changed == {"order"}:
        return [
            Change(key, "order", where, "Reihenfolge", "moved", *marked(str(old.get("order")), str(new.get("order"))))
        ]
    found = []
    for name in dict.fromkeys(in_order):
        if is_quiet(key, name):
            continue
        before, after = (words(key, name, row.get(name), names) for row in (old, new))
        if before == after:  # nothing but bold type or the target of a link
            before, after = (str(row.get(name) or "") for row in (old, new))
        field = field_of(key, name)
        found.append(
            Change(
                key, name, where, label_of(key, name), "changed", *marked(before, after), getattr(field, "language", "")
            )
        )
    return found


def marked(before: str, after: str) -> tuple[SafeString, SafeString]:
    return differences.marked(before, after)


def is_quiet(key: Key, name: str) -> bool:
    """Nothing staff would know: our own numbers, and to what whole a part belongs."""
    field = field_of(key, name)
    if name in {"uuid", "order"} and kinds.registered(key[0]) and kinds.above(kinds.registered(key[0])):
        return True
    if name == "uuid":
        return True
    owners = kinds.above(field.model) if field is not None else []
    return any(up.name == name and not depends(up) for up in owners)


def field_of(key: Key, name: str) -> models.Field | None:
    model = kinds.registered(key[0])
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def label_of(key: Key, name: str) -> str:
    field = field_of(key, name)
    if field is None:
        return f"{name} (gibt es nicht mehr)"
    code = getattr(field, "language", None)
    if code:
        return f"{capfirst(field.translated_field.verbose_name)} ({languages.BY_CODE[code].german_name})"
    return capfirst(str(field.verbose_name))


def title(key: Key, fields: dict[str, Any], names: Names) -> str:
    row = snapshots.revive(key, fields)
    if row is None:
        return f"{key[0]} {key[1]}"
    for field in relations(type(row)):
        if not field.many_to_many and (other := names.row(field.related_model, fields.get(field.name))):
            field.set_cached_value(row, other)
    try:
        called = str(row)
    except Exception:  # it needs what is not there any more
        called = ""
    kind = capfirst(str(row._meta.verbose_name))
    return f"{kind} „{called[:60]}“" if called and called != "None" else kind


def words(key: Key, name: str, value: Any, names: Names) -> str:
    """A value as the form would show it."""
    field = field_of(key, name)
    if snapshots.is_empty(value):
        return ""
    if field is None:
        return str(value)
    if field.many_to_many:
        return ", ".join(sorted(names.name(field.related_model, pk) for pk in value))
    if field.is_relation:
        return names.name(field.related_model, value)
    if isinstance(field, models.FileField):
        return value if default_storage.exists(value) else f"{value} ({GONE})"
    if isinstance(value, list):
        return ", ".join(languages.BY_CODE[x].german_name if x in languages.BY_CODE else str(x) for x in value)
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if getattr(field, "flatchoices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, RichTextField):
        return readable(value)
    return in_german(field, value)


def in_german(field: models.Field, value: Any) -> str:
    try:
        if isinstance(field, models.DateTimeField):
            return date_format(timezone.localtime(parse_datetime(value)), "SHORT_DATETIME_FORMAT")
        if isinstance(field, models.DateField):
            return date_format(field.to_python(value), "SHORT_DATE_FORMAT")
        if isinstance(field, models.TimeField):
            return date_format(field.to_python(value), "TIME_FORMAT")
    except (ValidationError, ValueError, TypeError, AttributeError):
        pass
    return str(value)


def readable(html: str) -> str:
    """Rich text as lines: a paragraph, heading or point of a list each."""
    text = re.sub(r"<li>\s*(?:<p>)?", "\n• ", html)
    text = re.sub(r"<br\s*/?>|</(?:p|h\d|ul|ol)>", "\n", text)
    text = unescape(strip_tags(text))
    return "\n".join(line for line in (" ".join(line.split()) for line in text.split("\n")) if line and line != "•")


def summary(changes: list[Change]) -> str:
    """In a line: "Titel (Englisch), Zustand, Aufgabe „Vernetzen“ dazu"."""
    said = list(dict.fromkeys(change.summary for change in changes))
    more = f" und {len(said) - MOST} weitere" if len(said) > MOST else ""
    return ", ".join(said[:MOST]) + more
