"""The state of each translation: missing, outdated, made by a machine, or current.

With each translation a digest of the German text it was made from is kept. A new translation was made from the German
text of now; a translation is outdated as long as the German text is another one than that. So nothing that leaves the
texts alone can change a state: no moving, no publishing, no saving again.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b

from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.db.models import Count, Q
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from portal import languages
from portal.fields import RichTextField

from . import parts
from .models import Origin, SourceText, Translation

State = Translation.State
SIGNS = {State.NOTHING: "–", State.CURRENT: "✓", State.MACHINE: "⚙", State.OUTDATED: "↻", State.MISSING: "✗"}
WORDS = {
    State.NOTHING: "kein Text",
    State.CURRENT: "aktuell",
    State.MACHINE: "maschinell",
    State.OUTDATED: "veraltet",
    State.MISSING: "fehlt",
}
TARGETS = [code for code in languages.BY_CODE if code != languages.SOURCE]
CHUNK = 200  # contents at a time, each with a state per language


# One text -------------------------------------------------------------------------------------------


def normal(field: models.Field, text: str | None) -> str:
    """What of a text counts: not how it is encoded, and no space or line more or less."""
    if text and isinstance(field, RichTextField):
        text = field.sanitize(text)
    return " ".join(unicodedata.normalize("NFC", text or "").split())


def digest_of(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest() if text else ""


def digest(row: models.Model, name: str, language: str) -> str:
    return digest_of(normal(parts.column(type(row), name, language), parts.value(row, name, language)))


def state_of(german: str, translation: str, made_from: list | None) -> State:
    """From the digests of the texts as they are and of what the translation was made from."""
    if not german:
        return State.NOTHING
    if not translation:
        return State.MISSING
    # What was not recorded with this translation says nothing about it.
    known = made_from is not None and made_from[1] == translation
    return State.OUTDATED if known and made_from[0] != german else State.CURRENT


def with_machine(state: State, language: str, by_machine: Collection[str]) -> State:
    return State.MACHINE if state == State.CURRENT and language in by_machine else state


# One row --------------------------------------------------------------------------------------------


def made_from(row: models.Model, before: dict, then: dict | None = None) -> tuple[dict, dict[str, str]]:
    """What each translation of a row was made from, given what was known; and the German texts that are new to that.

    `then`: the row is brought back as it was, and its translations were made from this if they were outdated. They are
    current if they were so then or have been found right for this German text since.
    """
    today = timezone.localdate().isoformat()
    found, sources = {}, {}
    for name in parts.texts(type(row)):
        field = parts.column(type(row), name, languages.SOURCE)
        text = normal(field, parts.value(row, name, languages.SOURCE))
        german = digest_of(text)
        for code in TARGETS:
            if not (translation := digest(row, name, code)):
                continue
            known = before.get(code, {}).get(name)
            if then is not None and (known is None or known[:2] != [german, translation]):
                known = then.get(code, {}).get(name)
            if known is None or known[1] != translation:
                known = [german, translation, today]
                sources[german] = text
            found.setdefault(code, {})[name] = known
    return found, sources


def states_of(row: models.Model, known: dict) -> dict[str, list]:
    """Per language the worst of a row's texts, and of which day the oldest outdated one is. Empty: it has no texts."""
    german = {name: digest(row, name, languages.SOURCE) for name in parts.texts(type(row))}
    if not known and not any(german.values()):
        return {}
    found = {}
    for code in TARGETS:
        entries = known.get(code, {})
        states = {
            name: state_of(german[name], entries[name][1] if name in entries else "", entries.get(name))
            for name in german
        }
        days = [entries[name][2] for name, state in states.items() if state == State.OUTDATED]
        found[code] = [max(states.values()), min(days, default=None)]
    return found


def key(row: models.Model) -> tuple[str, int]:
    return row._meta.label_lower, row.pk


def record(row: models.Model, content: models.Model, before: Origin | None) -> tuple[Origin | None, dict[str, str]]:
    """What is to be kept about a row: None if that is nothing, `before` if nothing has changed."""
    then = getattr(row, "translations_made_from", None)  # portal/versions/restoring.py says so
    known, sources = made_from(row, before.made_from if before else {}, then)
    states = states_of(row, known)
    if not states:
        return None, {}
    owner_kind, owner_id = key(content)
    values = {"owner_kind": owner_kind, "owner_id": owner_id, "made_from": known, "states": states}
    if before and all(getattr(before, name) == value for name, value in values.items()):
        return before, {}
    kind, object_id = key(row)
    return Origin(kind=kind, object_id=object_id, **values), sources


# Into the database ----------------------------------------------------------------------------------


def write(model: type[models.Model], rows: list, unique: list[str], changing: list[str]) -> None:
    if rows:
        model.objects.bulk_create(rows, update_conflicts=True, unique_fields=unique, update_fields=changing)


def write_origins(origins: list[Origin], sources: dict[str, str]) -> None:
    write(Origin, origins, ["kind", "object_id"], ["owner_kind", "owner_id", "made_from", "states"])
    texts = [SourceText(digest=digest, text=text) for digest, text in sorted(sources.items()) if digest]
    SourceText.objects.bulk_create(texts, ignore_conflicts=True)


def summed_up(origins: Iterable[Origin], by_machine: Collection[str]) -> dict[str, tuple[State, str | None]]:
    """A content's state per language, from those of its rows."""
    found = {}
    rows = [origin.states for origin in origins]
    for code in TARGETS:
        states = [states[code] for states in rows if code in states]
        worst = State(max((state for state, _day in states), default=State.NOTHING))
        found[code] = with_machine(worst, code, by_machine), min((day for _state, day in states if day), default=None)
    return found


def sum_up(kind: str, ids: Iterable[int]) -> None:
    """Brings the states of contents into step with what is kept of their rows."""
    ids = sorted(ids)
    # Whoever changes another part of the same content waits here, and then sees this change too.
    cells = list(Translation.objects.select_for_update().filter(kind=kind, object_id__in=ids).order_by("pk"))
    before = {(cell.object_id, cell.language): (cell.state, cell.as_of and cell.as_of.isoformat()) for cell in cells}
    origins = defaultdict(list)
    for origin in Origin.objects.filter(owner_kind=kind, owner_id__in=ids):
        origins[origin.owner_id].append(origin)
    by_machine = parts.contents()[kind]._base_manager.filter(pk__in=ids).values_list("pk", "machine_translated")
    changed, there = [], set()
    for pk, machine in by_machine:
        if pk in origins:
            there.add(pk)
            changed += [
                Translation(kind=kind, object_id=pk, language=code, state=state, as_of=day)
                for code, (state, day) in summed_up(origins[pk], machine or []).items()
                if before.get((pk, code)) != (state, day)
            ]
    if gone := {cell.object_id for cell in cells} - there:
        Translation.objects.filter(kind=kind, object_id__in=gone).delete()
    write(Translation, changed, ["kind", "object_id", "language"], ["state", "as_of"])


def record_contents(model: type[models.Model], ids: Iterable[int]) -> None:
    """For whoever writes many rows past their signals: all at once, in the same transaction."""
    kind = model._meta.label_lower
    for chunk in chunks(ids):
        with transaction.atomic():
            rows = list(parts.with_parts(model, chunk))
            pks = defaultdict(list)
            for row, _content in rows:
                pks[row._meta.label_lower].append(row.pk)
            before = {(x.kind, x.object_id): x for x in Origin.objects.filter(owner_kind=kind, owner_id__in=chunk)}
            for part, found in pks.items():  # what has come from another content is not among those
                missing = [pk for pk in found if (part, pk) not in before]
                before |= {(part, x.object_id): x for x in Origin.objects.filter(kind=part, object_id__in=missing)}
            origins, sources, kept = [], {}, set()
            for row, content in rows:
                origin, new = record(row, content, before.get(key(row)))
                if origin:
                    kept.add(key(row))
                    sources |= new
                    if origin is not before.get(key(row)):
                        origins.append(origin)
            write_origins(origins, sources)
            Origin.objects.filter(pk__in=[origin.pk for place, origin in before.items() if place not in kept]).delete()
            sum_up(kind, chunk)


def still_right(texts: Iterable[tuple[models.Model, str]], language: str) -> None:
    """Somebody has looked: these translations, of rows by their names, say what the German texts of now say."""
    rows, names, pks = {}, defaultdict(set), defaultdict(set)
    for row, name in texts:
        rows[key(row)] = row
        names[key(row)].add(name)
        pks[row._meta.label_lower].add(row.pk)
    with transaction.atomic():
        owners = defaultdict(set)
        for kind, chunk in ((kind, chunk) for kind, found in sorted(pks.items()) for chunk in chunks(found)):
            origins, sources = [], {}
            for origin in Origin.objects.select_for_update().filter(kind=kind, object_id__in=chunk).order_by("pk"):
                place = kind, origin.object_id
                entries = origin.made_from.get(language, {})
                known = {name: entry for name, entry in entries.items() if name not in names[place]}
                now, new = made_from(rows[place], {**origin.made_from, language: known})
                origin.made_from, origin.states = now, states_of(rows[place], now)
                origins.append(origin)
                sources |= new
                owners[origin.owner_kind].add(origin.owner_id)
            write_origins(origins, sources)
        for kind, chunk in ((kind, chunk) for kind, found in sorted(owners.items()) for chunk in chunks(found)):
            sum_up(kind, chunk)


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    ids = sorted(ids)
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


# On every save --------------------------------------------------------------------------------------

paused = ContextVar("paused", default=False)


@contextmanager
def without_recording() -> Iterator[None]:
    """For whoever replaces everything, and calls `check` or `record_contents` at the end."""
    token = paused.set(True)
    try:
        yield
    finally:
        paused.reset(token)


def leaves_texts_alone(model: type[models.Model], names: Collection[str] | None) -> bool:
    if names is None:
        return False
    concerned = {parts.column(model, name, code).name for name in parts.texts(model) for code in languages.BY_CODE}
    above = {name for field in parts.keys_up(model) for name in (field.name, field.attname)}
    return concerned.isdisjoint(names) and above.isdisjoint(names) and "machine_translated" not in names


def saved(sender, instance, created, update_fields=None, **kwargs):
    if paused.get() or leaves_texts_alone(sender, update_fields):
        return
    if update_fields is not None or instance.get_deferred_fields():
        instance = sender._base_manager.get(pk=instance.pk)  # the instance may know older texts than the database
    try:
        content = parts.owner(instance)
    except ObjectDoesNotExist:
        return  # a fixture may bring parts before their contents; check_translations catches up
    kind, object_id = key(instance)
    with transaction.atomic(savepoint=False):
        before = None if created else Origin.objects.filter(kind=kind, object_id=object_id).first()
        origin, sources = record(instance, content, before)
        concerned = {key(content)} if origin is not before else set()
        if before and before is not origin:
            concerned.add((before.owner_kind, before.owner_id))
        if origin is None and before:
            before.delete()
        elif origin is not before:
            write_origins([origin], sources)
        if not created and parts.keys_up(sender):
            concerned |= take_along(instance, content)
        if content is instance and not concerned and machine_has_changed(instance):
            concerned.add((kind, object_id))
        for owner_kind, owner_id in sorted(concerned):
            sum_up(owner_kind, [owner_id])


def take_along(part: models.Model, content: models.Model) -> set[tuple[str, int]]:
    """The parts of a part that has moved to another content belong to that one too; returns where they were."""
    left = set()
    owner_kind, owner_id = key(content)
    for below, ways in parts.parts(type(part)):
        rows = below._base_manager.filter(**{f"{ways[0]}": part.pk}).values("pk")
        origins = Origin.objects.filter(kind=below._meta.label_lower, object_id__in=rows)
        moved = origins.exclude(owner_kind=owner_kind, owner_id=owner_id)
        places = set(moved.values_list("owner_kind", "owner_id"))
        if places:
            moved.update(owner_kind=owner_kind, owner_id=owner_id)
            left |= places | {(owner_kind, owner_id)}
    return left


def machine_has_changed(content: models.Model) -> bool:
    kind, object_id = key(content)
    marked = Q(state=State.MACHINE) & ~Q(language__in=content.machine_translated)
    unmarked = Q(state=State.CURRENT, language__in=content.machine_translated)
    return Translation.objects.filter(marked | unmarked, kind=kind, object_id=object_id).exists()


def deleted(sender, instance, **kwargs):
    if paused.get():
        return
    kind, object_id = key(instance)
    with transaction.atomic(savepoint=False):
        origin = Origin.objects.filter(kind=kind, object_id=object_id).first()
        if origin:
            origin.delete()
            sum_up(origin.owner_kind, [origin.owner_id])
        if not parts.keys_up(sender):
            Translation.objects.filter(kind=kind, object_id=object_id).delete()


def connect() -> None:
    for model in parts.models_with_texts():
        post_save.connect(saved, sender=model, dispatch_uid="translations")
        post_delete.connect(deleted, sender=model, dispatch_uid="translations")


# All at once ----------------------------------------------------------------------------------------


def check() -> None:
    """Catches up with what was written past the signals, and forgets what is gone.

    A translation nothing is known of is taken as made from the German text of now.
    """
    for kind, model in parts.contents().items():
        record_contents(model, model._base_manager.values_list("pk", flat=True))
        gone = ~Q(object_id__in=model._base_manager.values("pk"))
        Translation.objects.filter(gone, kind=kind).delete()
        Origin.objects.filter(owner_kind=kind).exclude(owner_id__in=model._base_manager.values("pk")).delete()
    Translation.objects.exclude(kind__in=parts.contents()).delete()
    Origin.objects.exclude(owner_kind__in=parts.contents()).delete()
    forget_sources()


def forget(models: Iterable[type[models.Model]]) -> None:
    """Nothing that is written anew has anything to do with what was there."""
    kinds = [model._meta.label_lower for model in models]
    Translation.objects.filter(kind__in=kinds).delete()
    Origin.objects.filter(Q(kind__in=kinds) | Q(owner_kind__in=kinds)).delete()


def forget_sources() -> None:
    """German texts that no translation was made from any more."""
    needed = {
        entry[0]
        for made in Origin.objects.values_list("made_from", flat=True).iterator()
        for entries in made.values()
        for entry in entries.values()
    }
    unneeded = [pk for pk in SourceText.objects.values_list("pk", flat=True).iterator() if pk not in needed]
    for start in range(0, len(unneeded), 500):
        SourceText.objects.filter(pk__in=unneeded[start : start + 500]).delete()


def begin(**kwargs) -> None:
    """After the migration that brings this, what is there is taken as current."""
    if not Origin.objects.exists():
        check()


# Asking ---------------------------------------------------------------------------------------------


def counts(kinds: Collection[str], codes: Collection[str], which: Q | None = None) -> dict[str, dict[State, int]]:
    """How many contents of these kinds are in which state, per language."""
    found: dict[str, dict[State, int]] = {code: dict.fromkeys(State, 0) for code in codes}
    cells = Translation.objects.filter(which or Q(), kind__in=kinds, language__in=codes).values_list(
        "language", "state"
    )
    for code, state, number in cells.annotate(Count("pk")):
        found[code][State(state)] = number
    return found
