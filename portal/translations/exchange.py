"""What is to be translated goes out as a file, and comes back: looked at first, written only when confirmed.

Each text has an id with a digest of its German text. So a text that has changed since is recognized, and no text
ever lands where it does not belong.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from typing import BinaryIO

from django import forms
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.safestring import SafeString

from portal import differences, languages, spreadsheets
from portal.versions.recording import recording

from . import parts, side_by_side, states
from .models import Origin, Translation
from .rights import Rights
from .side_by_side import Text
from .units import Unit

State = Translation.State
ID = re.compile(r"(?P<kind>[a-z_]+\.[a-z]+):(?P<pk>\d{1,18}):(?P<name>[a-z_]+):(?P<digest>[0-9a-f]{32})")
TO_DO = (State.MISSING, State.OUTDATED)
MAX_TEXTS = 20_000
SHOWN = 500  # changes and refusals on the page; the counts tell of all
RICH = "HTML: Die Tags (<p>, <strong>, …) bitte nicht ändern, nur den Text dazwischen."
COLUMNS = ["Kennung", "Inhalt", "Feld", "Zustand", "Deutsch", "Übersetzung ({})", "Stimmt noch (x)", "Hinweise"]
TOO_LONG = "zu lang für eine Excel-Zelle, bitte als XLIFF exportieren"
BROKEN = (
    "Beim Lesen der Datei ist etwas schiefgegangen. Es wurde nichts geschrieben. Bitte sagen Sie der Technik Bescheid."
)


# Out ------------------------------------------------------------------------------------------------


def unit_id(text: Text) -> str:
    kind, pk = states.key(text.row)
    return f"{kind}:{pk}:{text.name}:{states.digest(text.row, text.name, languages.SOURCE)}"


def max_length(text: Text) -> int | None:
    return text.field.max_length


def notes(content: models.Model, text: Text) -> list[str]:
    found = [f"{content._meta.verbose_name}: {content}", text.label, f"Zustand: {states.WORDS[text.state]}"]
    if limit := max_length(text):
        found.append(f"höchstens {limit} Zeichen")
    if text.is_rich:
        found.append(RICH)
    return found


def to_translate(
    cells: Iterable[Translation], code: str, wanted: Collection[State]
) -> Iterator[tuple[models.Model, Text]]:
    """The texts of these contents that are in one of these states, content by content."""
    pks = defaultdict(list)
    for cell in cells:
        pks[cell.kind].append(cell.object_id)
    for kind, found in pks.items():
        for chunk in states.chunks(found):
            for content, rows in side_by_side.contents(parts.contents()[kind], chunk, code):
                for text in (text for part in rows for text in part.texts):
                    if text.state in wanted:
                        yield content, text


def export(texts: Iterable[tuple[models.Model, Text]], code: str, kind: str) -> bytes:
    units = [
        Unit(unit_id(text), text.german, text.translation, notes(content, text), text.state == State.OUTDATED)
        for content, text in texts
    ]
    if kind == "xlsx":
        return to_xlsx(units, code)
    from . import xliff  # what it is made with is loaded when somebody has such a file: 5 MB, and a tenth of a second

    return xliff.write(units, code, kind)


def to_xlsx(units: list[Unit], code: str) -> bytes:
    fitting, too_long = [], []
    for unit in units:
        fits = max(len(unit.german), len(unit.translation)) < spreadsheets.MAX_CELL
        (fitting if fits else too_long).append(unit)
    rows = [
        [
            unit.id,
            unit.notes[0],
            unit.notes[1],
            unit.notes[2],
            unit.german,
            unit.translation,
            "",
            ". ".join(unit.notes[3:]),
        ]
        for unit in fitting
    ]
    left_out = [[unit.notes[0], "", f"{unit.notes[1]}: {TOO_LONG}", ""] for unit in too_long]
    explanations = [
        ["Spalte", "", "Was hineingehört", ""],
        ["Kennung", "", "Nicht ändern: Daran findet die Übersetzung zurück.", ""],
        [
            COLUMNS[5].format(code),
            "",
            f"Die Übersetzung ({languages.BY_CODE[code].german_name}). Leer: noch nicht übersetzt.",
            "",
        ],
        ["Stimmt noch (x)", "", "Ein x, wenn die vorhandene Übersetzung auch zum neuen deutschen Text passt.", ""],
        *left_out,
    ]
    headers = [column.format(code) for column in COLUMNS]
    return spreadsheets.write_xlsx("Übersetzung", headers, rows, explanations)


# In -------------------------------------------------------------------------------------------------


@dataclass
class Change:
    content: models.Model
    text: Text
    before: str
    after: str

    @property
    def confirmed(self) -> bool:
        """Nothing is written; somebody says that it is still right."""
        return self.before == self.after


@dataclass
class Refused:
    where: str
    why: str
    difference: SafeString | None = None


@dataclass
class Check:
    code: str = ""
    changes: list[Change] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    same: int = 0
    empty: int = 0

    @property
    def language(self) -> str:
        return languages.BY_CODE[self.code].german_name

    def digest(self) -> str:
        """Of what would be written: what is confirmed is what was looked at."""
        changes = [(unit_id(change.text), change.before, change.after) for change in self.changes]
        return sha256(json.dumps([self.code, changes]).encode()).hexdigest()


def read(file: BinaryIO) -> tuple[str, list[Unit]]:
    file.seek(0)
    content = file.read()
    if not content.strip():
        raise ValidationError("Die Datei ist leer.")
    if content.startswith(b"PK\x03\x04"):
        return read_xlsx(file)
    from . import xliff

    return xliff.read(content)


def read_xlsx(file: BinaryIO) -> tuple[str, list[Unit]]:
    reading = spreadsheets.read_xlsx(file)
    try:
        while True:
            next(reading)
    except StopIteration as end:
        tables = end.value
    for table in tables:
        headers = [spreadsheets.text_of(cell) for cell in table.rows[0].cells] if table.rows else []
        found = next(filter(None, (re.fullmatch(r"Übersetzung \(([\w-]+)\)", header) for header in headers)), None)
        if "Kennung" in headers and found:
            break
    else:
        raise ValidationError(
            "In dieser Tabelle fehlen die Spalten „Kennung“ und „Übersetzung (…)“. Sie kommt nicht von hier."
        )
    places = {name: headers.index(name) for name in ("Kennung", found[0])}
    optional = {name: headers.index(name) if name in headers else None for name in ("Deutsch", "Stimmt noch (x)")}

    def cell(row, place):
        return spreadsheets.text_of(row.cells[place]) if place is not None and place < len(row.cells) else ""

    units = [
        Unit(
            cell(row, places["Kennung"]),
            cell(row, optional["Deutsch"]),
            cell(row, places[found[0]]),
            still_right=bool(cell(row, optional["Stimmt noch (x)"]).strip()),
        )
        for row in table.rows[1:]
    ]
    return found[1], units


def check(
    file: BinaryIO, rights: Rights, formfield: Callable[[models.Field], forms.Field], lock: bool = False
) -> Check:
    """What a file would change, and what of it cannot be taken, by name. Raises ValidationError for the whole file.

    `lock`: whoever saves one of these contents meanwhile waits until the transaction is through.
    """
    code, units = read(file)
    if code not in states.TARGETS:
        raise ValidationError(f"Die Sprache „{code[:20]}“ gibt es hier nicht.")
    if code not in rights.codes:
        name = languages.BY_CODE[code].german_name
        raise ValidationError(
            f"Die Datei enthält Übersetzungen in {name}. In diese Sprache dürfen Sie nicht übersetzen."
        )
    if len(units) > MAX_TEXTS:
        raise ValidationError(f"Mehr als {spreadsheets.dotted(MAX_TEXTS)} Texte gehen nicht auf einmal. Bitte teilen.")
    found = Check(code)
    places = look_up(units, code, lock)
    if units and not places:
        raise ValidationError(
            "Kein einziger Text dieser Datei ist hier bekannt. Sie gehört zu einem anderen Portal, oder alles ist gelöscht."
        )
    seen = set()
    for number, unit in enumerate(units, start=1):
        id = ID.fullmatch(unit.id)
        place = (id["kind"], int(id["pk"]), id["name"]) if id else None
        where = f"Text {number}: {differences.plain(unit.german)[:60] or '(ohne deutschen Text)'}"
        if place not in places:
            found.refused.append(Refused(where, "Diesen Text gibt es hier nicht (mehr)."))
            continue
        content, text = places[place]
        where = f"{content._meta.verbose_name} „{content}“, {text.label}"
        if place in seen:
            found.refused.append(Refused(where, "Steht zweimal in der Datei; nur das erste Mal zählt."))
            continue
        seen.add(place)
        judge(found, unit, id["digest"], content, text, where, rights, formfield)
    return found


def look_up(units: list[Unit], code: str, lock: bool) -> dict[tuple[str, int, str], tuple[models.Model, Text]]:
    """The texts these ids speak of, with the contents they belong to: some queries for each model."""
    wanted = defaultdict(set)
    for unit in units:
        if id := ID.fullmatch(unit.id):
            wanted[id["kind"]].add(int(id["pk"]))
    owners = defaultdict(set)
    for kind, pks in wanted.items():
        for chunk in states.chunks(pks):
            rows = Origin.objects.filter(kind=kind, object_id__in=chunk)
            for owner_kind, owner_id in rows.values_list("owner_kind", "owner_id"):
                owners[owner_kind].add(owner_id)
    found = {}
    for kind, pks in sorted(owners.items()):
        model = parts.contents()[kind]
        for chunk in states.chunks(pks):
            if lock:
                list(
                    model._base_manager.select_for_update(of=("self",)).filter(pk__in=chunk).order_by("pk").values("pk")
                )
            for content, rows in side_by_side.contents(model, chunk, code):
                found |= {(*states.key(text.row), text.name): (content, text) for part in rows for text in part.texts}
    return found


def judge(
    found: Check,
    unit: Unit,
    digest: str,
    content: models.Model,
    text: Text,
    where: str,
    rights: Rights,
    formfield: Callable[[models.Field], forms.Field],
) -> None:
    if not rights.may_translate(states.key(content)[0], found.code):
        found.refused.append(Refused(where, "Diesen Inhalt dürfen Sie nicht übersetzen."))
    elif digest != states.digest(text.row, text.name, languages.SOURCE):
        difference = differences.in_one(unit.german, text.german, text.is_rich)
        found.refused.append(
            Refused(where, "Der deutsche Text hat sich seit dem Export geändert. Bitte neu exportieren.", difference)
        )
    elif not unit.translation.strip():
        found.empty += 1
    elif states.digest_of(states.normal(text.field, unit.translation)) == states.digest(
        text.row, text.name, found.code
    ):
        if unit.still_right and text.is_outdated:
            found.changes.append(Change(content, text, text.translation, text.translation))
        else:
            found.same += 1
    else:
        try:
            after = side_by_side.valid(text, unit.translation, formfield)
            if text.is_rich:
                check_tags(text.german, unit.translation, after)
        except ValidationError as error:
            found.refused.append(Refused(where, " ".join(error.messages)))
        else:
            found.changes.append(Change(content, text, text.translation, after))


TAG = re.compile(r"<[^<>]*>")


def check_tags(german: str, translation: str, cleaned: str) -> None:
    """A tool may lose a tag, and nobody would see it before the page is public."""
    expected, found = (Counter(TAG.findall(html)) for html in (german, translation))
    names = [
        Counter(re.sub(r"^<(/?\w+).*", r"<\1>", tag, flags=re.S) for tag in tags.elements())
        for tags in (expected, found)
    ]
    if names[0] != names[1]:
        lacking = ", ".join(sorted((names[0] - names[1]).elements()))
        too_many = ", ".join(sorted((names[1] - names[0]).elements()))
        said = [f"es fehlt: {lacking}" if lacking else "", f"zu viel: {too_many}" if too_many else ""]
        raise ValidationError(
            f"Die HTML-Tags stimmen nicht mit dem deutschen Text überein ({'; '.join(filter(None, said))})."
        )
    if states.digest_of(" ".join(unescape(cleaned).split())) != states.digest_of(
        " ".join(unescape(translation).split())
    ):
        raise ValidationError("Die HTML-Tags sind beschädigt oder hier nicht erlaubt.")


def write(found: Check, user, machine: bool) -> None:
    """All of it, or nothing. To be called inside a transaction."""
    by_content = defaultdict(list)
    for change in found.changes:
        by_content[states.key(change.content)].append(change)
    pks = defaultdict(set)
    for kind, pk in by_content:
        pks[parts.contents()[kind]].add(pk)
    comment = f"Übersetzungen importiert ({found.language})"
    with recording(user, comment) as record, states.without_recording():
        for model, chosen in pks.items():
            record.touch_many(model, chosen)
        for changes in by_content.values():
            content = changes[0].content
            texts = []
            for change in changes:
                if not change.confirmed:
                    setattr(change.text.row, change.text.field.name, change.after)
                    texts.append(change.text)
            marked = found.code in content.machine_translated
            human = not machine and marked and is_complete(content, changes, found.code)
            if texts or human:
                by_machine = True if machine else False if human else None
                side_by_side.save(content, texts, found.code, user, machine=by_machine, how="Übersetzung importiert")
        for model, chosen in pks.items():
            states.record_contents(model, chosen)
        confirmed = [(change.text.row, change.text.name) for change in found.changes if change.confirmed]
        states.still_right(confirmed, found.code)


def is_complete(content: models.Model, changes: list[Change], code: str) -> bool:
    """Does the file bring all the content's texts? Only then nothing by a machine is left in it."""
    there = side_by_side.found(type(content), content.pk, code)
    return sum(len(part.texts) for part in there) == len(changes)


def import_all(file: BinaryIO, digest: str, user, machine: bool, rights: Rights, formfield) -> Check | None:
    """Looks again and writes; None if it is not what was confirmed any more."""
    with transaction.atomic():
        found = check(file, rights, formfield, lock=True)
        if found.digest() != digest:
            return None
        write(found, user, machine)
    return found
