"""Of what there are versions: all that an office publishes, and settings that hold words of its own. Never persons.

A *whole* is what staff open and save, an office with its tasks and contacts; the *parts* go with it.
"""

from collections.abc import Iterator
from functools import cache

import reversion
from django.apps import apps
from django.db import models
from modeltranslation.translator import NotRegistered, translator

from portal.groups import is_content, is_ours
from portal.models import PersonalData, SiteProfile

# They change with every save, or are about a person and forgotten sooner than a version is.
LEFT_OUT = {"created", "modified", "verified_by"}


@cache
def is_kept(model: type[models.Model]) -> bool:
    if not is_ours(model._meta.app_config) or issubclass(model, PersonalData) or model._meta.auto_created:
        return False
    return getattr(model, "has_versions", is_content(model))


def is_setting(model: type[models.Model]) -> bool:
    return model is SiteProfile or not is_content(model)


@cache
def parts(model: type[models.Model]) -> list[models.ForeignKey]:
    """What goes when a row goes: the keys by which it points to the row."""
    return [
        relation.field
        for relation in model._meta.related_objects
        if relation.on_delete is models.CASCADE and is_kept(relation.related_model)
    ]


@cache
def above(model: type[models.Model]) -> list[models.ForeignKey]:
    """The keys by which a part points to what it is a part of."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and field.remote_field.on_delete is models.CASCADE
        and is_kept(field.related_model)
    ]


@cache
def family(model: type[models.Model]) -> list[type[models.Model]]:
    """The kind of a whole and those of all its parts, each after what it belongs to."""
    found = [model]
    for kind in found:
        found += [key.model for key in parts(kind) if key.model not in found]
    return sorted(found, key=lambda kind: (depth(kind, model), found.index(kind)))


def depth(kind: type[models.Model], top: type[models.Model]) -> int:
    """How far below: hours at one place of a service come after the places."""
    if kind is top:
        return 0
    return 1 + max(
        (depth(key.related_model, top) for key in above(kind) if top in ancestors(key.related_model)), default=0
    )


@cache
def ancestors(model: type[models.Model]) -> frozenset[type[models.Model]]:
    found = {model}
    for key in above(model):
        found |= ancestors(key.related_model)
    return frozenset(found)


def wholes_of(row: models.Model) -> Iterator[tuple[type[models.Model], int]]:
    """Of what a row is a part, up to the top; or itself."""
    owners = [(key, getattr(row, key.attname)) for key in above(type(row))]
    owners = [(key, pk) for key, pk in owners if pk is not None]
    if not owners:
        if row.pk is not None and not above(type(row)):
            yield type(row), row.pk
        return
    for key, pk in owners:
        if above(key.related_model):
            if owner := key.related_model._base_manager.filter(pk=pk).first():
                yield from wholes_of(owner)
        else:
            yield key.related_model, pk


def whole_of(row: models.Model) -> tuple[type[models.Model], int]:
    return next(wholes_of(row), (type(row), row.pk))


@cache
def columns(model: type[models.Model]) -> list[models.Field]:
    """Without those that only repeat the language which is read just now."""
    try:
        repeated = set(translator.get_options_for_model(model).all_fields)
    except NotRegistered:
        repeated = set()
    own = [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and field.name not in repeated and field.name not in LEFT_OUT
    ]
    return own + [field for field in model._meta.local_many_to_many if field.remote_field.through._meta.auto_created]


def kept() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if is_kept(model)]


def register() -> None:
    for model in kept():
        follow = [key.remote_field.get_accessor_name() for key in parts(model)]
        reversion.register(model, fields=[field.name for field in columns(model)], follow=follow)


def registered(name: str) -> type[models.Model] | None:
    """None: there is no such kind any more."""
    try:
        return apps.get_model(name)
    except LookupError:
        return None
