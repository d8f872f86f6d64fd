"""Content from files that a person can read and edit (docs/beispiele.md says how they are written).

A folder per example: .toml files with the German content, files/ with what is uploaded, and a .po file per
language with the translations, the German text being the key. Everything goes through `full_clean()` and
`save()`, as an editor's form does; one mistake, and nothing is loaded.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polib
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files import File
from django.db import DatabaseError, models, transaction
from django.utils import timezone, translation
from modeltranslation.translator import NotRegistered, translator
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.fields import LinkField, RichTextField, dead_links, leads_nowhere
from portal.groups import is_content
from portal.home import arrange_home
from portal.models import FederalState, PersonalData, SiteProfile
from portal.translations import states

FOLDER = Path(__file__).parent
WEEKDAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
RELATIVE = re.compile(rf"(?:({'|'.join(WEEKDAYS)}) )?([+-]\d+)d(?: (\d{{1,2}}):(\d{{2}}))?")


class ExampleError(Exception):
    """One line for each mistake: file, record, field and what is wrong."""


@dataclass
class Record:
    file: str
    model: type[models.Model]
    data: dict[str, Any]
    number: int
    owner: "Record | None" = None
    saved: models.Model | None = None
    wrong: set[str] = field(default_factory=set)
    loading: bool = False

    @property
    def name(self) -> str:
        label = self.data.get("slug") or self.data.get("title") or self.data.get("text") or f"Nr. {self.number}"
        own = f"{self.model._meta.verbose_name} „{label}“"
        return f"{self.owner.name}, {own}" if self.owner else own


def names() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and any(path.glob("*.toml")))


def content_models() -> list[type[models.Model]]:
    """What an example replaces."""
    return [model for model in apps.get_models() if is_content(model)]


def personal_models() -> list[type[PersonalData]]:
    return [model for model in apps.get_models() if issubclass(model, PersonalData)]


def personal_rows() -> int:
    return sum(model._default_manager.count() for model in personal_models())


def translated_fields(model: type[models.Model]) -> list[str]:
    try:
        return list(translator.get_options_for_model(model).all_fields)
    except NotRegistered:
        return []


def load(folder: Path) -> int:
    """Replaces the content by the example in `folder`; returns the number of records. Raises ExampleError."""
    with translation.override(languages.SOURCE):
        return Loader(folder).run()


class Loader:
    def __init__(self, folder: Path):
        self.folder = folder
        self.errors: list[str] = []
        self.records: list[Record] = []  # as they stand in the files
        self.done: list[Record] = []  # saved, with what belongs to them
        self.by_slug: dict[tuple[type[models.Model], str], Record] = {}
        self.relations: list[tuple[Record, str, list]] = []  # set at the end: they may point in a circle
        self.written: list[Any] = []  # files in the storage, to be taken back after a mistake
        self.catalogues: dict[str, dict[str, str]] = {}
        self.by_machine: set[str] = set()

    def run(self) -> int:
        self.read()
        try:
            with transaction.atomic(), states.without_recording():
                clear()
                for record in self.records:
                    self.save(record)
                    if record.wrong and record.model is SiteProfile:
                        break  # what looks there would only report the consequences
                for record, name, slugs in self.relations:
                    self.relate(record, name, slugs)
                arrange_home()
                self.check_links()
                if self.errors:
                    raise ExampleError("\n".join(self.errors))
                states.check()
        except BaseException:
            for file in self.written:
                file.delete(save=False)
            raise
        return len(self.records)

    def wrong(self, record: Record, field_name: str, message: str) -> None:
        if field_name in record.wrong:
            return  # one mistake, one line
        record.wrong.add(field_name)
        self.errors.append(f"{record.file}: {record.name}, Feld „{field_name}“: {message}")

    # Reading ---------------------------------------------------------------------------------------

    def read(self) -> None:
        by_name = {str(model._meta.model_name): model for model in content_models()}
        for path in sorted(self.folder.glob("*.toml")):
            try:
                tables = tomllib.loads(path.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                self.errors.append(f"{path.name}: {error}")
                continue
            for table, rows in tables.items():
                model = by_name.get(table.replace("_", ""))
                if model is None:
                    self.errors.append(f"{path.name}: „{table}“ gibt es nicht. Bekannt sind: {', '.join(by_name)}.")
                    continue
                for number, data in enumerate(rows if isinstance(rows, list) else [rows], start=1):
                    if not isinstance(data, dict):
                        self.errors.append(f"{path.name}: „{table}“ muss mit [[{table}]] beginnen.")
                        break
                    record = Record(path.name, model, data, number)
                    self.records.append(record)
                    if slug := data.get("slug"):
                        self.by_slug[model, slug] = record
        for path in sorted(self.folder.glob("*.po")):
            self.read_translations(path)
        # The profile first: the accessibility statement looks there for the Land's bodies.
        self.records.sort(key=lambda record: record.model is not SiteProfile)
        if not self.errors and not any(record.model is SiteProfile for record in self.records):
            self.errors.append(f"In „{self.folder}“ steht keine .toml-Datei mit [site_profile]: Das ist kein Beispiel.")
        if self.errors:
            raise ExampleError("\n".join(self.errors))

    def read_translations(self, path: Path) -> None:
        if path.stem not in languages.BY_CODE:
            self.errors.append(f"{path.name}: Diese Sprache gibt es nicht.")
            return
        try:
            catalogue = polib.pofile(str(path))
        except (OSError, ValueError) as error:
            self.errors.append(f"{path.name}: {error}")
            return
        self.catalogues[path.stem] = {
            entry.msgid: entry.msgstr for entry in catalogue if entry.msgstr and not entry.obsolete
        }
        if catalogue.metadata.get("X-Translated-By") == "machine":
            self.by_machine.add(path.stem)

    # Saving ----------------------------------------------------------------------------------------

    def save(self, record: Record, **parent: models.Model | None) -> models.Model | None:
        """Saves a record, what it points to first and what belongs to it after; `parent` is its owner."""
        if record.saved or record.loading:
            return record.saved
        record.loading = True
        row = record.model(**parent)
        if record.owner and hasattr(row, "order"):
            row.order = record.number  # what belongs to a record stands in the file's order
        children: list[tuple[Any, list]] = []
        for name, value in record.data.items():
            try:
                self.take(record, row, name, value, children)
            except FieldDoesNotExist:
                self.wrong(record, name, "Dieses Feld gibt es nicht.")
            except (TypeError, ValueError, AttributeError, OverflowError):
                self.wrong(record, name, f"„{value}“ passt hier nicht.")
        if hasattr(row, "machine_translated"):
            row.machine_translated = self.machine_languages(record)
        # The database checks its constraints itself; only when it refuses is each asked for its words.
        self.validate(record, row, constraints=False)
        if record.wrong:
            return None
        try:
            with transaction.atomic():
                row.save()
        except DatabaseError as error:
            self.validate(record, row, constraints=True)
            if not record.wrong:
                raise ExampleError(f"{record.file}: {record.name}: Die Datenbank meldet „{error}“.") from error
            return None
        record.saved = row
        self.done.append(record)
        self.remember_files(row)
        for relation, rows in children:
            for number, data in enumerate(rows, start=1):
                child = Record(record.file, relation.related_model, data, number, owner=record)
                self.save(child, **{relation.field.name: row})
        return row

    def validate(self, record: Record, row: models.Model, *, constraints: bool) -> None:
        try:
            row.full_clean(validate_unique=constraints, validate_constraints=constraints)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                self.wrong(record, name, " ".join(messages))

    def take(self, record: Record, row: models.Model, name: str, value: Any, children: list) -> None:
        """One field of a record into the row; what needs the row saved first is put aside."""
        model_field: Any = record.model._meta.get_field(name)
        if isinstance(model_field, models.ManyToOneRel):
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise TypeError
            children.append((model_field, value))
        elif isinstance(model_field, models.ManyToManyField):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise TypeError
            self.relations.append((record, name, value))
        elif isinstance(model_field, models.ForeignKey):
            setattr(row, name, self.find(record, name, model_field.related_model, value))
        elif name in translated_fields(record.model):
            self.set_text(record, row, name, value)
        else:
            self.set_value(record, row, model_field, value)

    def check_links(self) -> None:
        """Now that everything is there: does each link into the portal lead to something?"""
        for record in self.done:
            base = translated_fields(record.model)  # the columns without language repeat the German ones
            for model_field in record.model._meta.concrete_fields:
                if model_field.name in base:
                    continue
                value = getattr(record.saved, model_field.name, "") or ""
                if isinstance(model_field, LinkField) and leads_nowhere(value):
                    self.wrong(record, model_field.name, f"„{value}“ gibt es nicht.")
                if isinstance(model_field, RichTextField) and (dead := dead_links(value)):
                    self.wrong(record, model_field.name, f"Diese Links führen ins Leere: {', '.join(dead)}")

    def relate(self, record: Record, name: str, slugs: list) -> None:
        model = record.model._meta.get_field(name).related_model
        targets = [self.find(record, name, model, slug) for slug in slugs]
        if record.saved and all(targets):
            getattr(record.saved, name).add(*targets)

    def machine_languages(self, record: Record) -> list[str]:
        german = set(texts(record.model, record.data))
        return [code for code in languages.BY_CODE if code in self.by_machine and german & self.catalogues[code].keys()]

    def remember_files(self, row: models.Model) -> None:
        for model_field in row._meta.concrete_fields:
            if isinstance(model_field, models.FileField) and getattr(row, model_field.name):
                self.written.append(getattr(row, model_field.name))

    def find(self, record: Record, name: str, model: Any, slug: Any) -> models.Model | None:
        if target := self.by_slug.get((model, slug)):
            found = self.save(target)
            if found is None and not target.wrong:
                self.wrong(record, name, f"„{slug}“ und dieser Eintrag verweisen aufeinander.")
            return found
        if model is FederalState and (state := FederalState.objects.filter(pk=slug).first()):
            return state
        self.wrong(record, name, f"„{slug}“ gibt es nicht.")
        return None

    def set_text(self, record: Record, row: models.Model, name: str, german: Any) -> None:
        """Fills a text in German and in every language there is a translation for."""
        if not isinstance(german, str):
            self.wrong(record, name, "Hier gehört ein Text in Anführungszeichen hin.")
            return
        setattr(row, build_localized_fieldname(name, languages.SOURCE), german)
        for code, catalogue in self.catalogues.items():
            if text := catalogue.get(german):
                setattr(row, build_localized_fieldname(name, code), text)

    def set_value(self, record: Record, row: models.Model, model_field: Any, value: Any) -> None:
        name = model_field.name
        if isinstance(model_field, models.FileField):
            path = self.folder / "files" / str(value)
            if path.parent != self.folder / "files" or not path.is_file():
                self.wrong(record, name, f"Die Datei „files/{value}“ gibt es nicht.")
                return
            setattr(row, name, File(path.open("rb"), name=path.name))
            return
        if isinstance(model_field, models.DateField):
            value = relative(value)
            if (
                isinstance(value, date)
                and not isinstance(value, datetime)
                and isinstance(model_field, models.DateTimeField)
            ):
                value = datetime.combine(value, time())
            if isinstance(value, datetime) and timezone.is_naive(value):
                value = timezone.make_aware(value)
            if isinstance(value, datetime) and not isinstance(model_field, models.DateTimeField):
                value = value.date()
        try:
            setattr(row, name, model_field.to_python(value))
        except ValidationError as error:
            self.wrong(record, name, " ".join(error.messages))


def texts(model: type[models.Model], data: dict[str, Any]) -> Iterator[str]:
    """Every German text of a record and of what belongs to it, in the file's order: what is to be translated."""
    translated = translated_fields(model)
    owned = {r.name: r.related_model for r in model._meta.related_objects if isinstance(r, models.ManyToOneRel)}
    for name, value in data.items():
        if name in translated and isinstance(value, str) and value:
            yield value
        elif name in owned and isinstance(value, list):
            for child in value:
                if isinstance(child, dict):
                    yield from texts(owned[name], child)


def relative(value: Any) -> Any:
    """ "+14d 18:00" is in a fortnight at six, "Do +14d 18:00" the first Thursday from then on.

    So an example's events are still to come whenever it is loaded.
    """
    if isinstance(value, str) and (match := RELATIVE.fullmatch(value)):
        weekday, days, hour, minute = match.groups()
        day = timezone.localdate() + timedelta(days=int(days))
        if weekday:
            day += timedelta(days=(WEEKDAYS.index(weekday) - day.weekday()) % 7)
        return datetime.combine(day, time(int(hour or 0), int(minute or 0)))
    return value


def clear() -> None:
    """Deletes all content; its uploads go when the new content is safe (django-cleanup).

    Persons who hold on to contents, as a volunteer to her town, go first; nobody gets here with such rows unless by force.
    """
    for personal in personal_models():
        foreign_keys = [x for x in personal._meta.concrete_fields if isinstance(x, models.ForeignKey)]
        if any(x.remote_field.on_delete is models.PROTECT for x in foreign_keys):
            for row in personal._default_manager.all():
                row.erase()
    models_of_content = content_models()
    for number, model in enumerate(models_of_content):
        for model_field in model._meta.concrete_fields:
            # Rows of a tree hold each other, and pages their pictures, which are declared later.
            if model_field.null and model_field.related_model in models_of_content[number:]:
                model._default_manager.update(**{model_field.name: None})
    for model in reversed(models_of_content):  # all else that is pointed to is declared before what points there
        model._default_manager.all().delete()
    states.forget(content_models())
