"""Which links the contents have. Each save writes down those of its row; `find_links` does it for all."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import unescape
from urllib.parse import urlsplit

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models.signals import post_delete, post_save
from django.urls import Resolver404, resolve
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.fields import LinkField, RichTextField
from portal.groups import is_content
from portal.models import Publishable
from portal.on_demand import view_class

from ..models import LinkUse, OutsideLink

HREF = re.compile(r'href="([^"]+)"')
LANGUAGE = re.compile(rf"^/(?:{'|'.join(languages.BY_CODE)})(?=/)")
MAX_LENGTH = 500  # of an address, as the columns have it
CHUNK = 500


def link_fields(model: type[models.Model]) -> list[models.Field]:
    """Where links stand; the columns without language repeat others."""
    names = {field.name for field in model._meta.concrete_fields}
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, RichTextField | LinkField | models.URLField)
        and build_localized_fieldname(field.name, languages.SOURCE) not in names
    ]


@cache
def models_with_links() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if is_content(model) and link_fields(model)]


def addresses(row: models.Model) -> Iterator[tuple[str, str]]:
    """Name of the field and address, of each link of a row."""
    if getattr(row, "status", "") == Publishable.Status.ARCHIVED:
        return
    for field in link_fields(type(row)):
        value = getattr(row, field.attname) or ""
        found = [unescape(href) for href in HREF.findall(value)] if isinstance(field, RichTextField) else [value]
        yield from ((field.name, address) for address in dict.fromkeys(found) if 0 < len(address) <= MAX_LENGTH)


def use(row: models.Model, field: str, address: str) -> LinkUse | None:
    """Not of "mailto:" and "tel:"."""
    found = LinkUse(content_type=ContentType.objects.get_for_model(row), object_id=row.pk, field=field)
    if address.startswith(("https://", "http://")):
        found.outside = OutsideLink(url=address.partition("#")[0])
        return found
    if not address.startswith("/") or address.startswith("//"):
        return None
    found.path = LANGUAGE.sub("", address)
    try:
        match = resolve(f"/{languages.SOURCE}{urlsplit(found.path).path}")
    except (Resolver404, ValueError):
        found.nowhere = True
        return found
    model = getattr(view_class(match), "model", None)
    if model is not None and "slug" in match.kwargs:
        found.kind, found.slug = model._meta.label_lower, match.kwargs["slug"]
    return found


def write_down(rows: Iterable[models.Model]) -> None:
    """The links of rows of one model, instead of those known of them before."""
    rows = list(rows)
    found = [made for row in rows for field, address in addresses(row) if (made := use(row, field, address))]
    of_these = LinkUse.objects.filter(
        content_type=ContentType.objects.get_for_model(type(rows[0])), object_id__in=[row.pk for row in rows]
    )
    before = {signature(known) for known in of_these.select_related("outside")}
    if before == {signature(made) for made in found}:
        return
    urls = {made.outside.url for made in found if made.outside}
    OutsideLink.objects.bulk_create([OutsideLink(url=url) for url in sorted(urls)], ignore_conflicts=True)
    known = {link.url: link for link in OutsideLink.objects.filter(url__in=urls)}
    for made in found:
        if made.outside:
            made.outside = known[made.outside.url]
    with transaction.atomic():
        of_these.delete()
        LinkUse.objects.bulk_create(found)


def signature(found: LinkUse) -> tuple:
    url = found.outside.url if found.outside else ""
    return found.object_id, found.field, url, found.path, found.kind, found.slug, found.nowhere


def write_down_all() -> None:
    """For rows that were written past `save()`, and for addresses that answer something else since an update."""
    for model in models_with_links():
        numbers = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(numbers), CHUNK):
            rows = list(model._base_manager.filter(pk__in=numbers[start : start + CHUNK]))
            if rows:
                write_down(rows)
        of_model = LinkUse.objects.filter(content_type=ContentType.objects.get_for_model(model))
        of_model.exclude(object_id__in=model._base_manager.values("pk")).delete()
    OutsideLink.objects.filter(uses=None).delete()


def saved(sender, instance, raw=False, **kwargs):
    if not raw and sender in models_with_links():  # and no model of a migration
        write_down([instance])


def deleted(sender, instance, **kwargs):
    if sender in models_with_links():
        LinkUse.objects.filter(content_type=ContentType.objects.get_for_model(sender), object_id=instance.pk).delete()


def connect() -> None:
    post_save.connect(saved, dispatch_uid="portal.upkeep.links")
    post_delete.connect(deleted, dispatch_uid="portal.upkeep.links")
