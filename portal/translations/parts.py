"""Which texts belong to which content.

What is a part of what stands in portal/versions/kinds.py, as a task of its office. A content has the list of languages a
machine has translated it into (`Translated`); its parts have texts, but no such list.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from django.db import models
from django.db.models import Q
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname

from portal.models import Translated
from portal.versions import kinds

Model = type[models.Model]


@cache
def models_with_texts() -> list[Model]:
    return sorted(translator.get_registered_models(abstract=False), key=lambda model: model._meta.label)


@cache
def contents() -> dict[str, Model]:
    """The models of contents by their label, as "offices.office"."""
    return {model._meta.label_lower: model for model in models_with_texts() if issubclass(model, Translated)}


@cache
def texts(model: Model) -> list[str]:
    """The names of a model's texts, in the order it declares them."""
    names = translator.get_options_for_model(model).all_fields
    return [field.name for field in model._meta.concrete_fields if field.name in names]


def column(model: Model, name: str, language: str) -> models.Field:
    return model._meta.get_field(build_localized_fieldname(name, language))


def value(row: models.Model, name: str, language: str) -> str:
    return getattr(row, build_localized_fieldname(name, language)) or ""


@cache
def keys_up(model: Model) -> list[models.ForeignKey]:
    """By what a part may belong to something; a content has none."""
    return [key for key in kinds.above(model) if key.related_model in models_with_texts()]


def owner(row: models.Model) -> models.Model:
    """The content a row belongs to, or itself."""
    for key in keys_up(type(row)):
        if getattr(row, key.attname) is not None:
            return owner(getattr(row, key.name))
    return row


@cache
def parts(model: Model) -> list[tuple[Model, list[str]]]:
    """The models of a model's parts, and theirs, each with the ways back; nearer ones first."""
    found: dict[Model, list[str]] = {}
    waiting = [(model, "")]
    while waiting:
        above, way = waiting.pop(0)
        for part in models_with_texts():
            for key in keys_up(part):
                if key.related_model is above:
                    back = f"{key.name}__{way}" if way else key.name
                    found.setdefault(part, []).append(back)
                    waiting.append((part, back))
    return list(found.items())


def with_parts(model: Model, ids: Iterable[int]) -> Iterator[tuple[models.Model, models.Model]]:
    """Each of these contents and each of their parts, with the content it belongs to: a query for each model."""
    known = {(model, row.pk): row for row in model._base_manager.filter(pk__in=ids).order_by("pk")}
    chosen = [pk for _model, pk in known]
    for content in list(known.values()):
        yield content, content
    for part, ways in parts(model):
        condition = Q()
        for way in ways:
            condition |= Q(**{f"{way}__in": chosen})
        for row in part._base_manager.filter(condition):
            for key in keys_up(part):
                if above := known.get((key.related_model, getattr(row, key.attname))):
                    setattr(row, key.name, above)
            known[part, row.pk] = row
            content = owner(row)
            if (type(content), content.pk) in known:
                yield row, content
