import json
from datetime import timedelta
from pathlib import PurePath

from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand
from django.db import models, transaction
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from reversion.models import Revision, Version

from portal.versions import snapshots
from portal.versions.files import is_named
from portal.versions.models import AuditEntry, Proofreading

KEEP = timedelta(days=730)
AT_LEAST = 5


class Command(BaseCommand):
    help = "Löscht Versionen nach 24 Monaten (die letzten fünf bleiben immer) und das Protokoll nach zwölf."

    def handle(self, *args, **options):
        old = list(self.old_revisions())
        files: set[str] = set()
        for some in snapshots.chunks(old):
            with transaction.atomic():
                files |= self.files_of(some)
                Version.objects.filter(revision__in=some)._raw_delete("default")
                Proofreading.objects.filter(read_revision__in=some).update(read_revision=None)
                Revision.objects.filter(pk__in=some)._raw_delete("default")
        gone = sum(self.remove_file(name) for name in sorted(files))
        entries = AuditEntry.objects.all().remove_expired()
        self.stdout.write(f"Versionen: {len(old)} gelöscht; Dateien: {gone}; Protokoll: {entries} Einträge")

    def old_revisions(self):
        """A revision stays as long as anything in it is among the newest five versions of a row."""
        newest_first = Window(
            RowNumber(), partition_by=[F("content_type"), F("object_id")], order_by=F("revision_id").desc()
        )
        last = Version.objects.annotate(number=newest_first).filter(number__lte=AT_LEAST).order_by().values("revision")
        old = Revision.objects.filter(date_created__lt=timezone.now() - KEEP).order_by()
        return old.exclude(pk__in=last).values_list("pk", flat=True)

    def files_of(self, revisions: list[int]) -> set[str]:
        names = file_fields()
        found = set()
        for data in Version.objects.filter(revision__in=revisions).values_list("serialized_data", flat=True):
            for row in json.loads(data):
                found |= {value for name in names.get(row["model"], ()) if (value := row["fields"].get(name))}
        return found

    def remove_file(self, name: str) -> bool:
        if is_named(name) or is_in_use(name) or not default_storage.exists(name):
            return False
        folder, stem = str(PurePath(name).parent), PurePath(name).stem
        for found in default_storage.listdir(folder)[1]:
            if found.startswith(stem):  # a picture's smaller sizes go with it
                default_storage.delete(f"{folder}/{found}")
        return True


def file_fields() -> dict[str, list[str]]:
    return {
        model._meta.label_lower: found
        for model in apps.get_models()
        if (found := [field.name for field in model._meta.concrete_fields if isinstance(field, models.FileField)])
    }


def is_in_use(name: str) -> bool:
    return any(
        apps.get_model(label)._base_manager.filter(**{field: name}).exists()
        for label, fields in file_fields().items()
        for field in fields
    )
