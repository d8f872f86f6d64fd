"""Writes what a check has found, in one short transaction: nothing is ever half imported."""

import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection, models
from django.urls import resolve, reverse
from django.utils import timezone
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.models import german_slug
from portal.search import index
from portal.translations import states
from portal.versions import audit
from portal.versions.recording import recording

from ..models import (
    Contact,
    DirectoryVersion,
    Location,
    OpeningHours,
    Organization,
    Service,
    ServiceAtLocation,
    SpokenLanguage,
)
from .importer import Check, fields_of, fresh
from .sheet import hours_to_text


class Outdated(Exception):
    """Somebody has changed the directory since the check."""


def write(check: Check, user: User) -> set[int]:
    """All at once, and what follows from a change once: nobody waits for the signals of each row.

    The last step finds out whether the directory is still the one that was compared; if not, nothing is written.
    Returns the services that `find_again` has to teach the search.
    """
    writing = check.writing
    with recording(user, "Aus einer Tabelle importiert", action="") as record:
        for model, pks in known(check).items():
            record.touch_many(model, pks)
        for model in (Organization, Location, Service):
            give_slugs(model, writing.new[model])
        for model in (Organization, Location, Service, ServiceAtLocation):
            model._base_manager.bulk_create(writing.new[model])
        for model in (Organization, Location, Service):
            record.new |= {(model, row.pk) for row in writing.new[model]}
        for row, values in writing.updates.items():
            update(row, values)
        write_many(writing.many)
        write_contacts(writing.contacts)
        write_hours(writing.hours)
        write_languages(writing.languages)
        services = touched(check)
        record_translations(check, services)
        log(check, user)
        now = timezone.now()  # as late as can be: whoever asks for what is new meanwhile must not miss it for good
        for pks in chunks(services):
            Service.objects.filter(pk__in=pks).update(modified=now)
        if not new_version(check.version):
            raise Outdated
    return services


def record_translations(check: Check, services: set[int]) -> None:
    """What the translations in a sheet were made from; the rows were written past the signals."""
    for model in (Organization, Location):
        written = [*check.writing.new[model], *(row for row in check.writing.updates if isinstance(row, model))]
        states.record_contents(model, {row.pk for row in written})
    states.record_contents(Service, services)


def find_again(services: set[int]) -> Iterator[int]:
    """Teaches the search in small steps: it computes much, and locks out who wants to save meanwhile."""
    waiting = list(chunks(services, 100))
    done = 0
    try:
        while waiting:
            index.index(Service, waiting[0])
            done += len(waiting.pop(0))
            yield done
            if waiting and connection.vendor == "sqlite":
                time.sleep(0.15)  # who waits for SQLite asks ten times a second; nobody keeps a place in the queue
    finally:  # whoever closes the page has imported all the same
        for pks in waiting:
            index.index(Service, pks)


def give_slugs(model: type[models.Model], rows: list[models.Model]) -> None:
    """As saving would, but for all of them with one question."""
    taken = set(model._base_manager.values_list("slug", flat=True)) if rows else set()
    following: dict[str, int] = defaultdict(lambda: 2)  # of the same titles
    for row in rows:
        base = slug = german_slug(row.slug_source())[:70] or model._meta.model_name
        while slug in taken or is_another_page(model, slug):
            slug = f"{base}-{following[base]}"
            following[base] += 1
        taken.add(slug)
        row.slug = slug


def is_another_page(model: type[models.Model], slug: str) -> bool:
    if model is not Service:
        return False
    return resolve(reverse("wegweiser:detail", args=[slug])).view_name != "wegweiser:detail"


def update(row: models.Model, values: dict[str, Any]) -> None:
    """Only what has changed. The columns without language follow German, as they do when a form is saved."""
    values = dict(values)
    for name in list(values):
        base = name.removesuffix(f"_{languages.SOURCE}")
        if base != name and build_localized_fieldname(base, languages.SOURCE) == name:
            values[base] = values[name]
    if isinstance(row, Organization | Location | Service):
        values["modified"] = timezone.now()
    models.QuerySet(type(row)).filter(pk=row.pk).update(**values)


def delete(model: type[models.Model], **which) -> None:
    """Nothing hangs on these rows. Signals for each of them would make new versions, one after the other."""
    rows = model._base_manager.filter(**which)
    rows._raw_delete(rows.db)


def write_many(many: list[tuple[models.Model, str, tuple]]) -> None:
    """Topics, audiences, municipalities: for all services with a few questions."""
    relations = defaultdict(dict)
    for owner, name, pks in many:
        relations[owner._meta.get_field(name)][owner.pk] = pks
    for relation, wanted in relations.items():
        through = relation.remote_field.through
        mine, theirs = f"{relation.m2m_field_name()}_id", f"{relation.m2m_reverse_field_name()}_id"
        pairs = {(owner, pk) for owner, pks in wanted.items() for pk in pks}
        for owners in chunks(wanted):
            for row in through._base_manager.filter(**{f"{mine}__in": owners}):
                pair = getattr(row, mine), getattr(row, theirs)
                if pair in pairs:
                    pairs.remove(pair)
                else:
                    delete(through, pk=row.pk)
        through._base_manager.bulk_create(through(**{mine: owner, theirs: pk}) for owner, pk in sorted(pairs))


def write_contacts(contacts: list[tuple[Contact | None, Service, ServiceAtLocation | None, dict]]) -> None:
    new = []
    for contact, service, at, values in contacts:
        if contact is None:
            new.append(fresh(Contact, service=service, service_at_location=at, **values))
        elif values:
            update(contact, values)
        else:
            delete(Contact, pk=contact.pk)
    Contact._base_manager.bulk_create(new)


def write_hours(found: list[tuple[Service, list[tuple[ServiceAtLocation | None, list]]]]) -> None:
    """What holds at all places belongs to the service, else each place has its own lines."""
    new = []
    for pks in chunks([service.pk for service, _lines in found]):
        delete(OpeningHours, service__in=pks)
    for service, lines in found:
        notes = notes_of(service, "hours")
        shared = len({hours_to_text(rows) for _at, rows in lines}) == 1
        for at, rows in [(None, lines[0][1])] if shared else lines:
            for row in rows:
                values = fields_of(row)
                new.append(
                    fresh(
                        OpeningHours,
                        service=service,
                        service_at_location=at,
                        **notes.get(values["note_de"], {}) | values,
                    )
                )
    OpeningHours._base_manager.bulk_create(new)


def write_languages(found: list[tuple[Service, list[dict]]]) -> None:
    for pks in chunks([service.pk for service, _rows in found]):
        delete(SpokenLanguage, service__in=pks)
    new = []
    for service, rows in found:
        notes = notes_of(service, "languages")
        new += [fresh(SpokenLanguage, service=service, **notes.get(row["note_de"], {}) | row) for row in rows]
    SpokenLanguage._base_manager.bulk_create(new)


def notes_of(service: Service, relation: str) -> dict[str, dict[str, str]]:
    """The translations of notes: a sheet knows the German ones only."""
    return {
        row.note_de: {name: value for name, value in fields_of(row).items() if name.startswith("note_")}
        for row in (
            []
            if relation not in getattr(service, "_prefetched_objects_cache", {})
            else getattr(service, relation).all()
        )
        if row.note_de
    }


def chunks(pks: Iterable[int], size: int = 500) -> Iterator[list[int]]:
    pks = sorted(pks)
    for start in range(0, len(pks), size):
        yield pks[start : start + size]


def touched(check: Check) -> set[int]:
    """Services with something new about them, or about their organization or place."""
    found = {entry.service.pk for entry in check.rows if entry.changes}
    for row in [*check.writing.updates, *(row for row, _name, _pks in check.writing.many)]:
        if isinstance(row, Organization | Location):
            found |= set(row.services.values_list("pk", flat=True))
    return found


def known(check: Check) -> dict[type[models.Model], set[int]]:
    """What is there already and will be different."""
    found: dict[type[models.Model], set[int]] = {Organization: set(), Location: set(), Service: set()}
    changed = [entry.service for entry in check.rows if entry.changes]
    changed += [*check.writing.updates, *(row for row, _name, _pks in check.writing.many)]
    for row in changed:
        if type(row) in found and not row._state.adding:
            found[type(row)].add(row.pk)
    return found


def log(check: Check, user: User) -> None:
    new = {service.pk for service in check.writing.new[Service]}
    changed = {entry.service.pk: entry.service for entry in check.rows if entry.changes}
    added = len(new & changed.keys())
    audit.note(audit.Action.IMPORT, user, kind="Wegweiser", neu=added, geändert=len(changed) - added)
    for flag in (ADDITION, CHANGE):
        if rows := [service for pk, service in changed.items() if (pk in new) == (flag == ADDITION)]:
            LogEntry.objects.log_actions(user.pk, rows, flag, "Aus einer Tabelle importiert.")


def new_version(seen) -> bool:
    """False: it is not the one that was seen any more. Waits for whoever is writing just now."""
    if seen is None:
        return DirectoryVersion.objects.get_or_create(pk=1)[1]
    return bool(DirectoryVersion.objects.filter(pk=1, token=seen).update(token=uuid.uuid4()))
