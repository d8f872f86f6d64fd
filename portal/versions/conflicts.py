"""Two people, one form: the second to save sees what the first has done, and decides. Nothing typed is lost.

A form carries the digest of what it was filled with. Saving looks whether that still holds, with the row locked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from reversion.models import Revision, Version

from . import kinds, snapshots, wording

TOKEN, TAKE = "_seen", "_take"
LOOK_BACK = 50  # versions; who opened his form before that is told without details
NUMBER = re.compile(r"[0-9]{1,18}")  # of a row, as a form sends it


@dataclass
class Conflict:
    revisions: list[Revision]  # what was saved since, newest first
    changes: list[tuple[wording.Change, bool, bool]]  # with: can it be taken over, is it untouched in this form
    token: str

    @property
    def gone(self) -> set[snapshots.Key]:
        """Parts that the other one has removed and nobody has touched here: they stay away."""
        return {change.key for change, _can, untouched in self.changes if change.kind == "removed" and untouched}


def token(model: type[models.Model], pk: Any) -> str:
    rows = snapshots.now(model, [pk]).get(pk)
    return snapshots.digest(rows) if rows else ""


def lock(row: models.Model) -> None:
    """Whoever saves the same content waits, also where he saves one of its parts."""
    model, pk = kinds.whole_of(row)
    lock_many(model, [pk])


def lock_many(model: type[models.Model], pks: Iterable[Any]) -> None:
    list(models.QuerySet(model).select_for_update().filter(pk__in=list(pks)).order_by("pk").values_list("pk"))


def find(model_admin, request: HttpRequest, row: models.Model) -> Conflict | None:
    model, key = type(row), snapshots.key_of(row)
    rows = snapshots.now(model, [row.pk]).get(row.pk, {})
    now, seen = snapshots.digest(rows), request.POST.get(TOKEN, "")
    if seen == now:
        return None
    known = Version.objects.get_for_model(model).filter(object_id=str(row.pk)).order_by("-revision_id")
    revisions = [x.revision for x in known.select_related("revision__user")[:LOOK_BACK]]
    if not seen:
        # A form from before there were such marks. It was opened since logging in; has anybody else saved since?
        since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
        if not any(x.date_created > since and x.user_id not in {None, request.user.pk} for x in revisions):
            return None
    trees = snapshots.rows_of([x.pk for x in revisions])
    base, since_then = None, []
    for revision in revisions:
        found = snapshots.within(trees[revision.pk], key)
        if seen and snapshots.digest(found) == seen:
            base = found
            break
        since_then.append(revision)
    changes = wording.compare(base, rows, key) if base is not None else []
    fields = Fields(model_admin, request, row)
    marked = [(change, fields.can_take(change), fields.is_untouched(change, base or {})) for change in changes]
    return Conflict(since_then if base is not None or not seen else since_then[:1], marked, now)


class Fields:
    """The fields of a form and of its parts, as they would be sent for what is in the database."""

    def __init__(self, model_admin, request: HttpRequest, row: models.Model):
        self.model_admin, self.request, self.row = model_admin, request, row
        self.key = snapshots.key_of(row)
        self.form_class = model_admin.get_form(request, row, change=True)
        self.formsets = {}
        counts: dict[str, int] = {}
        for formset, inline in model_admin.get_formsets_with_inlines(request, row):
            prefix = formset.get_default_prefix()
            counts[prefix] = counts.get(prefix, 0) + 1
            if counts[prefix] > 1 or not prefix:
                prefix = f"{prefix}-{counts[prefix]}"
            self.formsets[inline.model._meta.label_lower] = (formset, inline, prefix)

    def position(self, key: snapshots.Key) -> str | None:
        """The prefix under which a part was sent: "tasks-2"."""
        if key[0] not in self.formsets:
            return None
        prefix = self.formsets[key[0]][2]
        for name, value in self.request.POST.items():
            if value == key[1] and (found := re.fullmatch(rf"({re.escape(prefix)}-\d+)-id", name)):
                return found[1]
        return None

    def form(self, key: snapshots.Key, instance: models.Model | None, initial=None) -> forms.BaseForm | None:
        if key == self.key:
            return self.form_class(instance=instance, initial=initial)
        where = self.position(key)
        if where is None or instance is None:
            return None
        return self.formsets[key[0]][0].form(instance=instance, prefix=where, initial=initial)

    def can_take(self, change: wording.Change) -> bool:
        if change.kind in {"added", "removed"}:
            return False  # what is new the form knows nothing of; what is gone stays away, or comes again as a new row
        form = self.form(change.key, self.present(change.key))
        return form is not None and change.name in form.fields

    def present(self, key: snapshots.Key) -> models.Model | None:
        if key == self.key or not NUMBER.fullmatch(key[1]):
            return self.row if key == self.key else None
        return models.QuerySet(kinds.registered(key[0])).filter(pk=key[1]).first()

    def is_untouched(self, change: wording.Change, base: snapshots.Rows) -> bool:
        """Did the form come back with what it was opened with? Then what the other one wrote is to stay."""
        fields = base.get(change.key)
        if fields is None or change.kind == "added":
            return False
        # The revived row has no links of its own to others.
        links = {name: value for name, value in fields.items() if isinstance(value, list)}
        form = self.form(change.key, snapshots.revive(change.key, fields), links)
        if form is None or (change.name and change.name not in form.fields):
            return False
        return all(self.is_as_shown(form[name]) for name in ([change.name] if change.name else form.fields))

    def is_as_shown(self, bound: forms.BoundField) -> bool:
        if bound.html_name.endswith("-DELETE") or bound.field.widget.is_hidden:
            return True
        if isinstance(bound.field.widget, forms.FileInput):
            return bound.html_name not in self.request.FILES
        shown = QueryDict(mutable=True)
        put(shown, bound)
        return all(sent(shown, name) == sent(self.request.POST, name) for name in [*shown] or [bound.html_name])


def sent(data: QueryDict, name: str) -> list[str]:
    values = sorted(value.replace("\r\n", "\n") for value in data.getlist(name))
    return [] if values == [""] else values


def put(data: QueryDict, bound: forms.BoundField) -> None:
    """Writes a field's value as a browser would send it."""
    widget, name, value = bound.field.widget, bound.html_name, bound.value()
    if isinstance(widget, RelatedFieldWidgetWrapper):
        widget = widget.widget
    if isinstance(widget, forms.MultiWidget):
        parts = widget.decompress(value)
        for suffix, part, one in zip(widget.widgets_names, widget.widgets, parts, strict=True):
            data[name + suffix] = part.format_value(one) or ""
    elif isinstance(widget, forms.FileInput):
        data.pop(name, None)
    elif isinstance(widget, forms.CheckboxInput):
        data.pop(name, None)
        if value:
            data[name] = "on"
    elif getattr(widget, "allow_multiple_selected", False):
        data.setlist(name, [str(getattr(one, "pk", one)) for one in value or ()])
    elif isinstance(widget, forms.Select):
        data[name] = "" if value is None else str(value)
    else:
        shown = widget.format_value(value)
        data[name] = "" if shown is None else str(shown)


def take_over(model_admin, request: HttpRequest, row: models.Model) -> None:
    """Puts what is in the database in the place of what was typed, where somebody has ticked that."""
    taken = [tuple(choice.split("|", 2)) for choice in request.POST.getlist(TAKE)]
    fields = Fields(model_admin, request, row)
    data, files = request.POST.copy(), request.FILES.copy()
    for label, pk, name in [choice for choice in taken if len(choice) == 3 and choice[2]]:
        key = (label, pk)
        form = fields.form(key, fields.present(key)) if key == fields.key or label in fields.formsets else None
        if form is not None and name in form.fields:
            put(data, form[name])
            files.pop(form[name].html_name, None)
    conflict = getattr(request, "conflict", None)
    for label, (_formset, inline, prefix) in fields.formsets.items():
        dropped = {pk for kind, pk in conflict.gone if kind == label} if conflict else set()
        data, files = without_ghosts(data, files, inline.model, prefix, dropped)
    request.POST, request._files = data, files


def without_ghosts(data: QueryDict, files: MultiValueDict, model, prefix: str, dropped: set[str]):
    """Somebody has removed a part that is still in this form: it comes again as a new one, or is `dropped`.

    Django would only say that the choice is not valid, and show no way out.
    """
    name = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,6}})-(.+)")
    found: dict[int, dict[str, tuple[bool, list]]] = {}
    for source, is_file in ((data, False), (files, True)):
        for field in source:
            if match := name.fullmatch(field):
                found.setdefault(int(match[1]), {})[match[2]] = (is_file, source.getlist(field))
    ids = {number: pk for number, row in found.items() if "id" in row and NUMBER.fullmatch(pk := str(row["id"][1][0]))}
    there = {str(pk) for pk in models.QuerySet(model).filter(pk__in=ids.values()).values_list("pk", flat=True)}
    if all(pk in there for pk in ids.values()):
        return data, files
    known = [row for number, row in sorted(found.items()) if ids.get(number) in there]
    others = []
    for number, row in sorted(found.items()):
        pk = ids.get(number)
        if pk in there or pk in dropped or (pk and "DELETE" in row):
            continue
        others.append({**row, "id": (False, [""])} if pk else row)
    data, files = data.copy(), files.copy()
    for source in (data, files):
        for field in [field for field in source if name.fullmatch(field)]:
            del source[field]
    for number, row in enumerate([*known, *others]):
        for suffix, (is_file, values) in row.items():
            (files if is_file else data).setlist(f"{prefix}-{number}-{suffix}", values)
    data[f"{prefix}-INITIAL_FORMS"] = str(len(known))
    data[f"{prefix}-TOTAL_FORMS"] = str(len(known) + len(others))
    return data, files
