"""Who has a form open: others see it before they begin, and wait or ask. It stops nobody; conflicts.py does."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from .models import Editing

AT_MOST = timedelta(minutes=15)


def opened(row: models.Model, user) -> Iterable[Editing]:
    """Notes who opens a form, and tells who else has done so a moment ago."""
    now, kind = timezone.now(), ContentType.objects.get_for_model(type(row))
    Editing.objects.filter(since__lt=now - AT_MOST).delete()
    Editing.objects.bulk_create(
        [Editing(content_type=kind, object_id=str(row.pk), user=user, since=now)],
        update_conflicts=True,
        unique_fields=["content_type", "object_id", "user"],
        update_fields=["since"],
    )
    others = Editing.objects.filter(content_type=kind, object_id=str(row.pk)).exclude(user=user)
    return others.select_related("user").order_by("since")


def closed(row: models.Model, user) -> None:
    kind = ContentType.objects.get_for_model(type(row))
    Editing.objects.filter(content_type=kind, object_id=str(row.pk), user=user).delete()
