"""Brings back what was: one content with its parts, whether it has changed since or is gone."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import translation
from reversion.models import Revision

from portal import languages
from portal.models import Publishable, Slugged

from . import kinds, snapshots, wording
from .models import AuditEntry
from .recording import recording
from .snapshots import Key, Rows


def rows_at(revision: Revision, key: Key) -> Rows:
    """Of a version what belongs to one row; empty where it is not in it."""
    return snapshots.within(snapshots.rows_of([revision.pk])[revision.pk], key)


def restore(revision: Revision, key: Key, user, comment: str) -> list[str]:
    """All of it or nothing. Says what could not be brought back with it; raises ValidationError where it cannot be at all.

    The state stays as it is: what is public stays public, and what was deleted comes back as a draft.
    """
    rows = rows_at(revision, key)
    if not rows:
        raise ValidationError("Diese Version passt nicht mehr zum Portal, wie es heute ist. Es wurde nichts geändert.")
    with (
        translation.override(languages.SOURCE),
        transaction.atomic(),
        recording(user, comment, AuditEntry.Action.RESTORE),
    ):
        return Restoration(rows, key).run()


class Restoration:
    def __init__(self, rows: Rows, key: Key):
        self.rows = rows
        self.key = key
        self.model = kinds.registered(key[0])
        self.names = wording.Names([rows])
        self.notes: list[str] = []
        self.skipped: set[Key] = set()

    def run(self) -> list[str]:
        pk = self.model._meta.pk.to_python(self.key[1])
        present = snapshots.now(self.model, [pk]).get(pk, {})
        for key in reversed(list(present)):
            if key not in self.rows and (row := self.find(key)):
                row.delete()
        for kind in kinds.family(self.model):
            for key, fields in self.rows.items():
                if key[0] == kind._meta.label_lower:
                    self.bring_back(key, fields)
        self.point_again()
        return self.notes

    def find(self, key: Key) -> models.Model | None:
        return models.QuerySet(kinds.registered(key[0])).filter(pk=key[1]).first()

    def bring_back(self, key: Key, fields: dict[str, Any]) -> None:
        if any((up, str(fields.get(name))) in self.skipped for name, up in self.owners(key)):
            self.skipped.add(key)
            return
        present = self.find(key)
        row, old = present or snapshots.revive(key, fields), snapshots.revive(key, fields)
        for field in kinds.columns(type(row)):
            if field.many_to_many or (present and field.name == "status" and isinstance(row, Publishable)):
                continue
            if field.name in fields:
                setattr(row, field.attname, getattr(old, field.attname))
            elif getattr(field, "language", languages.SOURCE) != languages.SOURCE:
                setattr(row, field.attname, None if field.null else "")
        if present is None and isinstance(row, Publishable):
            row.status = Publishable.Status.DRAFT
        if not self.mend_keys(key, fields, row) or not self.mend_files(key, row, present):
            self.skipped.add(key)
            return
        if isinstance(row, Slugged) and type(row)._base_manager.filter(slug=row.slug).exclude(pk=row.pk).exists():
            self.notes.append(f"Die Adresse „{row.slug}“ hat inzwischen etwas anderes; es gibt eine neue.")
            row.slug = row.free_slug()
        self.check(key, fields, row)
        row.translations_made_from = fields.get(snapshots.MADE_FROM)
        row.save(force_insert=present is None)
        for field in kinds.columns(type(row)):
            if field.many_to_many and field.name in fields:
                self.link(key, row, field, fields[field.name])

    def owners(self, key: Key):
        return [(up.name, up.related_model._meta.label_lower) for up in kinds.above(kinds.registered(key[0]))]

    def mend_keys(self, key: Key, fields: dict[str, Any], row: models.Model) -> bool:
        """What it points to may be gone. False: then it cannot be without it, and as a part stays away."""
        for field in row._meta.concrete_fields:
            pk = getattr(row, field.attname)
            if not isinstance(field, models.ForeignKey) or pk is None:
                continue
            target = (field.related_model._meta.label_lower, str(pk))
            if target in self.rows or models.QuerySet(field.related_model).filter(pk=pk).exists():
                continue
            said = f"{wording.label_of(key, field.name)} (Nr. {pk}) gibt es nicht mehr"
            if field.null:
                setattr(row, field.attname, None)
                self.notes.append(f"{said}; das Feld ist leer.")
            elif key == self.key:
                raise ValidationError(f"{said}. Bitte zuerst das zurückholen. Es wurde nichts geändert.")
            else:
                self.notes.append(f"{said}; {wording.title(key, fields, self.names)} fehlt darum.")
                return False
        return True

    def mend_files(self, key: Key, row: models.Model, present: models.Model | None) -> bool:
        for field in row._meta.concrete_fields:
            if not isinstance(field, models.FileField):
                continue
            name = getattr(row, field.attname).name
            if not name or default_storage.exists(name):
                continue
            self.notes.append(f"{wording.label_of(key, field.name)}: {wording.GONE}.")
            former = type(row)._base_manager.filter(pk=row.pk).first() if present else None
            if former and getattr(former, field.attname):
                setattr(row, field.attname, getattr(former, field.attname).name)
            elif field.blank:
                setattr(row, field.attname, "")
            else:
                return False
        return True

    def check(self, key: Key, fields: dict[str, Any], row: models.Model) -> None:
        try:
            row.full_clean()
        except ValidationError as error:
            where = "" if key == self.key else f"{wording.title(key, fields, self.names)}: "
            said = [
                f"{where}{'' if name == '__all__' else wording.label_of(key, name) + ': '}{' '.join(messages)}"
                for name, messages in error.message_dict.items()
            ]
            raise ValidationError(
                ["Diese Version erfüllt nicht mehr, was heute gilt. Es wurde nichts geändert.", *said]
            ) from None

    def link(self, key: Key, row: models.Model, field: models.Field, pks: list[int]) -> None:
        there = set(models.QuerySet(field.related_model).filter(pk__in=pks).values_list("pk", flat=True))
        if len(there) < len(pks):
            self.notes.append(f"{wording.label_of(key, field.name)}: {len(pks) - len(there)} davon gibt es nicht mehr.")
        getattr(row, field.name).set(there)

    def point_again(self) -> None:
        """What pointed to it before it was deleted does so again, unless it points elsewhere by now."""
        for name, field_name, pk in self.rows[self.key].get(snapshots.POINTERS, []):
            model = kinds.registered(name)
            row = model and models.QuerySet(model).filter(pk=pk).first()
            field = wording.field_of((name, pk), field_name)
            if not row or not field:
                continue
            mine = self.model._meta.pk.to_python(self.key[1])
            if field.many_to_many:
                getattr(row, field_name).add(mine)
            elif getattr(row, field.attname) is None:
                setattr(row, field.attname, mine)
                row.save()
