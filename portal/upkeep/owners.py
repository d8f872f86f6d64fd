"""Which form a row is edited in: its own, or that of the content it belongs to."""

from collections.abc import Iterable

from django.contrib import admin
from django.db import models


def owner_field(model: type[models.Model]) -> str | None:
    """The relation from a part (a task, a section) to what it belongs to; a model with a form of its own is no part."""
    if admin.site.is_registered(model):
        return None
    parents = (
        field.name
        for field in model._meta.concrete_fields
        if field.many_to_one and field.remote_field.on_delete is models.CASCADE
    )
    return next(parents, None)


def owners(model: type[models.Model], numbers: Iterable[int]) -> dict[int, models.Model]:
    """The content of each row, by the row's number; as many queries as there are steps up."""
    rows = {row.pk: row for row in model._base_manager.filter(pk__in=set(numbers))}
    name = owner_field(model)
    if name is None:
        return rows
    field = model._meta.get_field(name)
    above = owners(field.related_model, {getattr(row, field.attname) for row in rows.values()})
    return {number: above[getattr(row, field.attname)] for number, row in rows.items()}
