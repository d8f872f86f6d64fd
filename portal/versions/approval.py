"""A second person reads before something becomes public, where the office has decided so."""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from portal import languages
from portal.models import Publishable, SiteProfile

from . import kinds, snapshots
from .models import Proofreading

PUBLISHED = Publishable.Status.PUBLISHED

# What is said about a text, not in it.
ABOUT = {
    "status", "publish_from", "publish_until", "verified_on", "verified_how", "review_due",
    "machine_translated", "import_key", "order", "uuid",
}  # fmt: skip

OWN_TEXT = (
    "Diesen Text haben Sie zuletzt selbst geändert. Freigeben muss ihn eine andere Person: Bitte „Zur Freigabe“ wählen."
)


def is_needed() -> bool:
    return SiteProfile.current().second_reader


def is_own_text(model: type[models.Model], name: str) -> bool:
    """A field that says something in German, or in no language. Translations are another matter."""
    if name in ABOUT:
        return False
    try:
        field = model._meta.get_field(name)
    except LookupError:
        return False
    return getattr(field, "language", languages.SOURCE) == languages.SOURCE


def text_changed(before: snapshots.Rows, after: snapshots.Rows) -> bool:
    if before.keys() != after.keys():
        return True
    return any(
        (model := kinds.registered(key[0])) and is_own_text(model, name)
        for key, fields in after.items()
        for name in snapshots.changed(before[key], fields)
    )


def changed(model: type[models.Model], told: Iterable[tuple], user) -> None:
    """After a change: whose text it is now, and whether it waits for a second reader.

    `told`: of each its number, its rows before and after, the version made and the one before.
    """
    told = list(told)
    if not issubclass(model, Publishable) or not told:
        return
    needed = is_needed()
    kind = ContentType.objects.get_for_model(model)
    known = by_id(kind, [pk for pk, *_rest in told])
    rows = []
    for pk, before, after, revision, earlier in told:
        key = (model._meta.label_lower, str(pk))
        was, now = before.get(key, {}).get("status"), after[key].get("status")
        row = known.get(str(pk)) or Proofreading(content_type=kind, object_id=str(pk))
        text = text_changed(before, after)
        if text:
            row.author, row.changed_at = user, timezone.now()
        if now != PUBLISHED:
            row.waiting = False
        elif was != PUBLISHED:
            row.waiting = False
            row.read_by, row.read_at, row.read_revision = user, timezone.now(), revision
        elif text and needed:
            row.waiting = True
            row.read_revision_id = row.read_revision_id or earlier
        rows.append(row)
    Proofreading.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["content_type", "object_id"],
        update_fields=["author", "changed_at", "waiting", "read_by", "read_at", "read_revision"],
    )


def forget(model: type[models.Model], pk: Any) -> None:
    """What is deleted waits for nobody."""
    if issubclass(model, Publishable):
        kind = ContentType.objects.get_for_model(model)
        Proofreading.objects.filter(content_type=kind, object_id=str(pk)).delete()


def by_id(kind: ContentType, pks: Iterable[Any]) -> dict[str, Proofreading]:
    found = {}
    for some in snapshots.chunks(map(str, pks)):
        found |= {row.object_id: row for row in Proofreading.objects.filter(content_type=kind, object_id__in=some)}
    for row in found.values():
        row.pk = None  # written again by what it is about
    return found


def author(content: models.Model) -> int | None:
    kind = ContentType.objects.get_for_model(type(content))
    found = Proofreading.objects.filter(content_type=kind, object_id=str(content.pk)).first()
    return found.author_id if found else None


def authors(model: type[models.Model], pks: Iterable[Any]) -> dict[str, int | None]:
    kind = ContentType.objects.get_for_model(model)
    return {pk: row.author_id for pk, row in by_id(kind, pks).items()}


def of(content: models.Model) -> Proofreading | None:
    kind = ContentType.objects.get_for_model(type(content))
    return Proofreading.objects.filter(content_type=kind, object_id=str(content.pk)).first()


# Is it finished? ----------------------------------------------------------------------------------------

GAP = re.compile(r"\b(?:todo|tbd|xxx)\b|lorem ipsum|\?\?\?", re.IGNORECASE)


def unfinished(values: dict[str, Any], model: type[models.Model]) -> dict[str, str]:
    """German texts that are missing although there is a translation, or have a gap somebody meant to fill; by field."""
    found: dict[str, str] = {}
    for field in kinds.columns(model):
        code = getattr(field, "language", None)
        if code is None:
            continue
        german = field.translated_field.name + f"_{languages.SOURCE}"
        text = values.get(field.name)
        if code != languages.SOURCE:
            if text and not values.get(german):
                found.setdefault(
                    german,
                    f"Dieser Text steht nur auf {languages.BY_CODE[code].german_name} da. Vor dem Veröffentlichen bitte "
                    "auch auf Deutsch schreiben.",
                )
        elif gap := GAP.search(str(text or "")):
            found[german] = f"Hier steht noch „{gap[0]}“. Bitte vor dem Veröffentlichen ersetzen."
    return found


def in_words(model: type[models.Model], values: dict[str, Any]) -> list[str]:
    return [
        f"{model._meta.get_field(name).translated_field.verbose_name}: {problem}"
        for name, problem in unfinished(values, model).items()
    ]


def unfinished_parts(rows: snapshots.Rows) -> list[str]:
    """The same for a whole that is saved already."""
    return [
        said for key, fields in rows.items() if (model := kinds.registered(key[0])) for said in in_words(model, fields)
    ]
