"""Notices what changes while staff work, and keeps a version of each whole that is different afterwards.

    with recording(user, "Vorschlag der Organisation angenommen"):
        …

Everything happens in one transaction: there is never a change without its version. What has not changed leaves none.
Writing that passes by the signals, as an import does, says itself what it touches: `touch_many`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.utils import timezone, translation
from reversion.models import Revision, Version

from portal import languages
from portal.models import Publishable

from . import approval, audit, kinds, snapshots, wording
from .models import AuditEntry

Whole = tuple[type[models.Model], Any]
Action = AuditEntry.Action

FIRST = "Stand vor der ersten Änderung"
ELSEWHERE = "Nicht in der Verwaltung geändert"
DELETED = "Gelöscht"


class Recording:
    def __init__(self, user, comment: str, action: str):
        self.user = user
        self.comment = comment
        self.action = action  # what the log calls it; empty: nothing, as somebody else says it
        self.new: set[Whole] = set()
        self.touched: dict[Whole, snapshots.Rows] = {}  # as it was before
        self.deleted: dict[Whole, tuple[str, snapshots.Rows]] = {}

    def touch(self, whole: Whole) -> None:
        """Before a change."""
        self.touch_many(whole[0], [whole[1]])

    def touch_many(self, model: type[models.Model], pks: Iterable[Any]) -> None:
        wholes = dict.fromkeys((model, pk) for pk in pks)
        known = (self.touched, self.new, self.deleted)
        self.touched |= keep_first(whole for whole in wholes if not any(whole in one for one in known))


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)


def current() -> Recording | None:
    return _current.get()


@contextmanager
def recording(user=None, comment: str = "", action: str = Action.CHANGE) -> Iterator[Recording]:
    """Within another one it is part of that."""
    if outer := _current.get():
        outer.comment = outer.comment or comment
        yield outer
        return
    record = Recording(user, comment, action)
    with transaction.atomic():
        token = _current.set(record)
        try:
            yield record
        finally:
            _current.reset(token)
        with translation.override(languages.SOURCE):
            settle(record)


@contextmanager
def not_recording() -> Iterator[None]:
    token = _current.set(Recording(None, "", ""))
    try:
        yield
    finally:
        _current.reset(token)


# Writing ------------------------------------------------------------------------------------------------


def keep_first(wholes: Iterable[Whole]) -> dict[Whole, snapshots.Rows]:
    """What comes before a change has a version too: there is something to go back to, and nobody is said to have done
    what came from elsewhere, from a command or before there were versions."""
    found: dict[Whole, snapshots.Rows] = {}
    for model, pks in by_model(wholes).items():
        rows = snapshots.now(model, pks)
        found |= {(model, pk): rows.get(pk, {}) for pk in pks}
        last = snapshots.last_revisions(model, rows)
        known = snapshots.rows_of(last.values())
        write(model, {pk: now for pk, now in rows.items() if str(pk) not in last}, None, FIRST)
        elsewhere = {
            pk: now for pk, now in rows.items() if str(pk) in last and not snapshots.same(known[last[str(pk)]], now)
        }
        write(model, elsewhere, None, ELSEWHERE)
    return found


def by_model(wholes: Iterable[Whole]) -> dict[type[models.Model], list[Any]]:
    found: dict[type[models.Model], list[Any]] = {}
    for model, pk in wholes:
        found.setdefault(model, []).append(pk)
    return found


def write(model: type[models.Model], wholes: dict[Any, snapshots.Rows], user, comment: str) -> dict[Any, Revision]:
    """A revision for each whole: bulk actions touch many, and each is restored alone."""
    wholes = {pk: rows for pk, rows in wholes.items() if rows}
    now = timezone.now()
    revisions = {pk: Revision(date_created=now, user=user, comment=comment) for pk in wholes}
    Revision.objects.bulk_create(revisions.values(), batch_size=500)
    types = {kind._meta.label_lower: ContentType.objects.get_for_model(kind) for kind in kinds.family(model)}
    for pks in snapshots.chunks(wholes, 100):
        Version.objects.bulk_create(
            snapshots.as_version(key, fields, revision=revisions[pk], content_type=types[key[0]])
            for pk in pks
            for key, fields in wholes[pk].items()
        )
    return revisions


def settle(record: Recording) -> None:
    entries = []
    for (model, pk), (title, rows) in record.deleted.items():
        write(model, {pk: rows}, record.user, DELETED)
        approval.forget(model, pk)
        entries.append(about(Action.DELETE, record, model, pk, title))
    left = [whole for whole in (*record.touched, *record.new) if whole not in record.deleted]
    for model, pks in by_model(left).items():
        now = snapshots.now(model, pks)
        before = {pk: record.touched.get((model, pk), {}) for pk in now}
        different = {pk: rows for pk, rows in now.items() if not snapshots.same(before[pk], rows)}
        earlier = snapshots.last_revisions(model, different)
        revisions = write(model, different, record.user, record.comment)
        titles = {row.pk: str(row) for row in rows_for(model, different)}
        told = []
        for pk, rows in different.items():
            told.append((pk, before[pk], rows, revisions[pk], earlier.get(str(pk))))
            entries += said(record, model, pk, titles.get(pk, ""), before[pk], rows)
        approval.changed(model, told, record.user)
    audit.note_all(entries)


def rows_for(model: type[models.Model], pks: Iterable[Any]) -> Iterator[models.Model]:
    for some in snapshots.chunks(pks):
        yield from models.QuerySet(model).filter(pk__in=some)


def said(record: Recording, model, pk, title: str, before: snapshots.Rows, after: snapshots.Rows):
    """For the log: that it was changed, and apart from that what the public sees or does not see any more."""
    key = (model._meta.label_lower, str(pk))
    old, new = before.get(key, {}), after[key]
    if record.action:
        action = record.action
        if action == Action.CHANGE and (model, pk) in record.new:
            action = Action.ADD
        elif action == Action.CHANGE and kinds.is_setting(model):
            action = Action.SETTINGS
        names = snapshots.changed(old, new) if before else []
        details = {"Felder": sorted(wording.label_of(key, name) for name in names)[:30]} if names else {}
        yield about(
            action, record, model, pk, title, **details, **({"Anlass": record.comment} if record.comment else {})
        )
    if issubclass(model, Publishable) and old.get("status") != new.get("status"):
        public = Publishable.Status.PUBLISHED
        if new.get("status") == public:
            yield about(Action.PUBLISH, record, model, pk, title)
        elif old.get("status") == public:
            yield about(Action.UNPUBLISH, record, model, pk, title)


def about(action: str, record: Recording, model, pk, title: str, **details) -> AuditEntry:
    new = audit.entry(action, record.user, kind=str(model._meta.verbose_name), **details)
    new.object_id, new.title = str(pk)[:40], title[:200]
    return new


# Noticing -----------------------------------------------------------------------------------------------


def before_save(sender, instance, **kwargs):
    if record := current():
        for whole in set(kinds.wholes_of(instance)):
            record.touch(whole)


def after_save(sender, instance, created, **kwargs):
    if (record := current()) and created and not kinds.above(sender):
        whole = (sender, instance.pk)
        record.deleted.pop(whole, None)
        record.touched.pop(whole, None)
        record.new.add(whole)


def before_delete(sender, instance, origin=None, **kwargs):
    """All that goes with a whole is still there: Django asks first and deletes then."""
    if not (record := current()):
        return
    if kinds.above(sender):
        for whole in set(kinds.wholes_of(instance)):
            record.touch(whole)
        # A part with a page of its own, as a working group, is looked for there when it has not gone with its whole.
        alone = getattr(origin, "model", type(origin)) is sender
        if not (alone and admin.site.is_registered(sender)):
            return
    whole = (sender, instance.pk)
    if whole not in record.deleted:
        rows = snapshots.of(instance)
        if rows:
            rows[snapshots.key_of(instance)][snapshots.POINTERS] = snapshots.pointers(instance)
            record.deleted[whole] = (str(instance), rows)


def links_changed(sender, instance, action, model, pk_set, reverse, **kwargs):
    record = current()
    if not record or not action.startswith("pre_"):
        return
    rows = [instance] if not reverse else model._base_manager.filter(pk__in=pk_set or ())
    for row in rows:
        if kinds.is_kept(type(row)):
            for whole in set(kinds.wholes_of(row)):
                record.touch(whole)


def connect() -> None:
    for model in kinds.kept():
        pre_save.connect(before_save, sender=model, dispatch_uid="versions")
        post_save.connect(after_save, sender=model, dispatch_uid="versions")
        pre_delete.connect(before_delete, sender=model, dispatch_uid="versions")
        for field in model._meta.local_many_to_many:
            m2m_changed.connect(links_changed, sender=field.remote_field.through, dispatch_uid="versions")
