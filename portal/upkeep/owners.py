"""The contents that rows belong to, many at once: in their forms the rows are edited."""

from collections.abc import Iterable

from django.db import models

from portal.versions import kinds


def whole(model: type[models.Model]) -> type[models.Model]:
    """The kind of content a kind of row is edited with."""
    keys = kinds.above(model)
    return whole(keys[0].related_model) if keys else model


def owners(model: type[models.Model], numbers: Iterable[int]) -> dict[int, models.Model]:
    """The content of each row, by the row's number; as many queries as there are steps up."""
    rows = {row.pk: row for row in model._base_manager.filter(pk__in=set(numbers))}
    keys = kinds.above(model)
    if not keys:
        return rows
    found = {}
    for key in keys:  # a part may hang on one thing or on another
        up = {
            number: getattr(row, key.attname) for number, row in rows.items() if getattr(row, key.attname) is not None
        }
        above = owners(key.related_model, up.values()) if up else {}
        found |= {number: above[pk] for number, pk in up.items()}
    return found
