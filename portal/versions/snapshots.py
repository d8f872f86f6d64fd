"""How something stands now, and how it stood: each row of a whole as plain values."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Max, Q
from reversion.models import Version

from portal import languages
from portal.translations import parts
from portal.translations.models import Origin, Translation

from . import kinds

Key = tuple[str, str]  # kind and number, as ("offices.task", "7")
Rows = dict[Key, dict[str, Any]]

# Of something deleted: what pointed to it and does not any more.
POINTERS = "_pointers"
# Of its outdated translations: from which German text they were made (portal/translations/states.py).
MADE_FROM = "_made_from"
BESIDE = {POINTERS, MADE_FROM}  # kept with a row, and nothing that it says

encode = DjangoJSONEncoder().default


def key_of(row: models.Model) -> Key:
    return row._meta.label_lower, str(row.pk)


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def plain(value: Any) -> Any:
    return encode(value) if isinstance(value, date | datetime | time | Decimal | UUID) else value


def fields_of(kind: type[models.Model], values: dict[str, Any], many: dict[str, list[int]]) -> dict[str, Any]:
    """Without the texts that are not there: of twelve languages most are not."""
    found: dict[str, Any] = {}
    for name, attname, may_miss in shape(kind):
        value = plain(values[attname]) if attname else sorted(many.get(name, []))
        if not (may_miss and is_empty(value)):
            found[name] = value
    return found


@cache
def shape(kind: type[models.Model]) -> list[tuple[str, str, bool]]:
    """Name, name of the column (none: links to others), and whether it is a translation."""
    return [
        (
            field.name,
            "" if field.many_to_many else field.attname,
            getattr(field, "language", languages.SOURCE) != languages.SOURCE,
        )
        for field in kinds.columns(kind)
    ]


def now(model: type[models.Model], pks: Iterable[Any]) -> dict[Any, Rows]:
    """Wholes with their parts, with as many questions for a thousand as for one."""
    found: dict[Any, Rows] = {}
    for some in chunks(pks):
        found |= load(model, some)
    return found


def load(model: type[models.Model], pks: list[Any]) -> dict[Any, Rows]:
    found: dict[Any, Rows] = {}
    whole: dict[type[models.Model], dict[Any, Any]] = {}  # of each row, which whole it is of
    for kind in kinds.family(model):
        pk_name = kind._meta.pk.attname
        # Without making objects of them: those have two hundred columns, and there may be thousands.
        wanted = models.QuerySet(kind).order_by("pk").values(pk_name, *(x[1] for x in shape(kind) if x[1]))
        if kind is model:
            rows = list(wanted.filter(pk__in=pks))
            whole[kind] = {row[pk_name]: row[pk_name] for row in rows}
            found = {row[pk_name]: {} for row in rows}
        else:
            keys = [key for key in kinds.above(kind) if whole.get(key.related_model)]
            condition = Q()
            for key in keys:
                condition |= Q(**{f"{key.name}__in": list(whole[key.related_model])})
            rows = list(wanted.filter(condition)) if keys else []
            whole[kind] = {
                row[pk_name]: next(w for key in keys if (w := whole[key.related_model].get(row[key.attname])))
                for row in rows
            }
        all_pks, label = [row[pk_name] for row in rows], kind._meta.label_lower
        many, outdated = links(kind, all_pks), outdated_translations(kind, all_pks)
        for row in rows:
            pk = row[pk_name]
            fields = fields_of(kind, row, many.get(pk, {}))
            if pk in outdated:
                fields[MADE_FROM] = outdated[pk]
            found[whole[kind][pk]][label, str(pk)] = fields
    return found


def outdated_translations(kind: type[models.Model], pks: list[Any]) -> dict[Any, dict[str, Any]]:
    """Empty for a row whose translations are all current."""
    if not pks or kind not in parts.models_with_texts():
        return {}
    origins = Origin.objects.filter(kind=kind._meta.label_lower, object_id__in=pks)
    return {
        pk: {code: made_from[code] for code, (state, _day) in states.items() if state == Translation.State.OUTDATED}
        for pk, made_from, states in origins.values_list("object_id", "made_from", "states")
    }


def links(kind: type[models.Model], pks: list[Any]) -> dict[Any, dict[str, list[int]]]:
    found: dict[Any, dict[str, list[int]]] = {}
    for field in kinds.columns(kind):
        if field.many_to_many and pks:
            mine, theirs = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
            through = models.QuerySet(field.remote_field.through)
            for pk, other in through.filter(**{f"{mine}__in": pks}).values_list(mine, theirs):
                found.setdefault(pk, {}).setdefault(field.name, []).append(other)
    return found


def pointers(row: models.Model) -> list[list[str]]:
    """What others lose when a row goes: a publication its office, an entry its topic."""
    found = []
    for relation in row._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or not kinds.is_kept(relation.related_model):
            continue
        empties = relation.one_to_many and relation.on_delete is models.SET_NULL
        if empties or (relation.many_to_many and relation.field.remote_field.through._meta.auto_created):
            theirs = models.QuerySet(relation.related_model).filter(**{relation.field.name: row.pk})
            found += [
                [relation.related_model._meta.label_lower, relation.field.name, str(pk)]
                for pk in theirs.values_list("pk", flat=True)
            ]
    return found


def of(row: models.Model) -> Rows:
    return now(type(row), [row.pk]).get(row.pk, {})


def same(one: Rows, other: Rows) -> bool:
    """Fields that only one of them knows say nothing: the schema has moved on. But a missing translation is an empty one."""
    if one.keys() != other.keys():
        return False
    for key in one:
        before, after = one[key], other[key]
        known = before.keys() & after.keys() | {x[0] for x in shape(kinds.registered(key[0])) if x[2]}
        if not known.isdisjoint(changed(before, after)):
            return False
    return True


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Names of fields. A text that is missing and an empty one are the same."""
    return [
        name
        for name in {**before, **after}
        if name not in BESIDE
        and before.get(name) != after.get(name)
        and not (is_empty(before.get(name)) and is_empty(after.get(name)))
    ]


def digest(rows: Rows) -> str:
    said = [
        [*key, sorted((name, value) for name, value in fields.items() if name not in BESIDE and not is_empty(value))]
        for key, fields in sorted(rows.items())
    ]
    return sha256(json.dumps(said).encode()).hexdigest()[:32]


# Kept ones ----------------------------------------------------------------------------------------------


def as_version(key: Key, fields: dict[str, Any], **values) -> Version:
    data = [{"model": key[0], "pk": key[1], "fields": fields}]
    return Version(object_id=key[1], db="default", format="json", serialized_data=json.dumps(data), **values)


def rows_of(revisions: Iterable[int]) -> dict[int, Rows]:
    found: dict[int, Rows] = {pk: {} for pk in revisions}
    for some in chunks(found):
        stored = Version.objects.filter(revision__in=some).order_by("pk").values_list("revision_id", "serialized_data")
        for revision, data in stored:
            for row in json.loads(data):
                found[revision][(row["model"], str(row["pk"]))] = row["fields"]
    return found


def last_revisions(model: type[models.Model], pks: Iterable[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    versions = Version.objects.get_for_model(model).order_by()
    for some in chunks(map(str, pks)):
        last = versions.filter(object_id__in=some).values("object_id").annotate(last=Max("revision_id"))
        found |= {row["object_id"]: row["last"] for row in last}
    return found


def within(rows: Rows, key: Key) -> Rows:
    """Of the rows of a whole those of one of its parts: a working group with its meetings."""
    model = kinds.registered(key[0])
    if key not in rows or model is None:
        return {}
    found = {key: rows[key]}
    for kind in kinds.family(model)[1:]:
        for other, fields in rows.items():
            if other[0] == kind._meta.label_lower and any(
                (up.related_model._meta.label_lower, str(fields.get(up.name))) in found for up in kinds.above(kind)
            ):
                found[other] = fields
    return found


def revive(key: Key, fields: dict[str, Any]) -> models.Model | None:
    """A row as it was, not saved. What the model does not know any more is left out."""
    model = kinds.registered(key[0])
    if model is None:
        return None
    values = {}
    for field in kinds.columns(model):
        if field.name in fields and not field.many_to_many:
            try:
                values[field.attname] = field.to_python(fields[field.name])
            except ValidationError:
                continue
    return model(pk=model._meta.pk.to_python(key[1]), **values)


def chunks(items: Iterable[Any], size: int = 500) -> Iterator[list[Any]]:
    items = list(items)
    for start in range(0, len(items), size):
        yield items[start : start + size]
