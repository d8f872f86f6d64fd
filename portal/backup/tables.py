"""Rows of either database as lines of JSON, and how they go back.

The tables are those that the migrations in the database have made, not those of today's models: a backup is possible
before an update has migrated, and an old one finds the columns it was made from.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.models.expressions import Col
from django.utils.duration import duration_iso_string

from .sealing import BackupError

ROWS = 500  # at a time
Migration = tuple[str, str]  # app and name


class Column:
    """A field stripped of what features do with their values: what was stored is what is stored again."""

    def __init__(self, field: models.Field):
        self.name = field.column
        stored = field.get_col(field.model._meta.db_table).output_field  # of a foreign key what it leads to
        self.kind = stored.get_internal_type()
        size = {name: getattr(stored, name) for name in ("max_digits", "decimal_places") if hasattr(stored, name)}
        self.plain: models.Field = getattr(models, self.kind)(**size)
        self.is_number = isinstance(field, models.AutoField)
        self.is_file = isinstance(field, models.FileField)
        self.max_length = getattr(stored, "max_length", None) if self.kind != "TextField" else None

    def reader(self, table: str, source: BaseDatabaseWrapper):
        """From a value of the database's driver to one of JSON."""
        if self.kind == "JSONField":  # null of SQL and null of JSON are two things
            return lambda value: None if value is None else json.dumps(json.loads(value), ensure_ascii=False)
        col = Col(table, self.plain)
        converters = source.ops.get_db_converters(col) + self.plain.get_db_converters(source)

        def read(value):
            for convert in converters:
                value = convert(value, col, source)
            return neutral(value)

        return read

    def written(self, value: Any) -> Any:
        """From a value of JSON to one of the driver of the database in which it is loaded."""
        if value is None:
            return None
        if self.kind == "JSONField":
            return connection.ops.adapt_json_value(json.loads(value), None)
        return self.plain.get_db_prep_save(self.plain.to_python(value), connection)


def neutral(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date() | time():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case timedelta():
            return duration_iso_string(value)
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
    return value


class Table:
    def __init__(self, model: type[models.Model]):
        self.name = model._meta.db_table
        self.columns = [Column(field) for field in model._meta.local_concrete_fields]
        self.key = model._meta.pk.column
        self.counted = next((column.name for column in self.columns if column.is_number), None)

    def quoted(self) -> tuple[str, str]:
        quote = connection.ops.quote_name
        return quote(self.name), ", ".join(quote(column.name) for column in self.columns)

    # Out

    def rows(self, source: BaseDatabaseWrapper) -> Iterator[list]:
        name, columns = self.quoted()
        read = [column.reader(self.name, source) for column in self.columns]
        with source.chunked_cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM {name} ORDER BY {connection.ops.quote_name(self.key)}")  # noqa: S608
            while some := cursor.fetchmany(ROWS):
                for row in some:
                    yield [convert(value) for convert, value in zip(read, row, strict=True)]

    def counter(self, source: BaseDatabaseWrapper) -> int | None:
        """The last number given: those of rows that are gone are not given again."""
        if not self.counted:
            return None
        with source.cursor() as cursor:
            if source.vendor == "sqlite":
                cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [self.name])
                found = cursor.fetchone()
                return found[0] if found else None
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [self.quoted()[0], self.counted])
            cursor.execute(f"SELECT last_value, is_called FROM {cursor.fetchone()[0]}")  # noqa: S608
            last, is_called = cursor.fetchone()
            return last if is_called else None

    # In

    def load(self, names: list[str], rows: Iterable[list]) -> None:
        quote = connection.ops.quote_name
        into = f"{quote(self.name)} ({', '.join(map(quote, names))})"
        values = ", ".join(["%s"] * len(names))
        converted = self.converted(names, rows)
        with connection.cursor() as cursor:
            while some := list(islice(converted, ROWS)):
                cursor.executemany(f"INSERT INTO {into} VALUES ({values})", some)  # noqa: S608

    def converted(self, names: list[str], rows: Iterable[list]) -> Iterator[list]:
        columns = {column.name: column for column in self.columns}
        if set(names) != set(columns):
            differing = ", ".join(sorted(set(names) ^ set(columns)))
            raise BackupError(f"Tabelle {self.name}: Die Spalten stimmen nicht überein ({differing}).")
        ordered = [columns[name] for name in names]
        for row in rows:
            try:
                yield [column.written(value) for column, value in zip(ordered, row, strict=True)]
            except (ValueError, TypeError, ArithmeticError, ValidationError) as error:
                raise BackupError(f"Tabelle {self.name}: Ein Wert hat nicht die Art seiner Spalte.") from error

    def count_on(self, last: int | None) -> None:
        if not self.counted:
            return
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT MAX({connection.ops.quote_name(self.counted)}) FROM {self.quoted()[0]}")  # noqa: S608
            last = max(last or 0, cursor.fetchone()[0] or 0)
            if not last:
                return
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [self.name])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [self.name, last])
            else:
                named = [self.quoted()[0], self.counted, last]
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", named)


# What there is ----------------------------------------------------------------------------------------


def migrations(source: BaseDatabaseWrapper) -> list[Migration]:
    with source.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        return [tuple(row) for row in cursor.fetchall()]


def unknown(applied: Iterable[Migration]) -> list[str]:
    """The migrations this release does not know: of a later one, or of an app it does not have."""
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    replaced = {old for migration in disk.values() for old in migration.replaces}
    return [f"{app}.{name}" for app, name in sorted(applied) if (app, name) not in disk and (app, name) not in replaced]


def targets(loader: MigrationLoader, applied: Iterable[Migration]) -> list[Migration]:
    """The last ones, on which no other depends; where several have become one since then, that one."""
    applied = set(applied)
    squashed = {key for key, new in loader.replacements.items() if applied.issuperset(new.replaces)}
    nodes = {key for key in applied | squashed if key in loader.graph.nodes}
    return sorted(key for key in nodes if not any(child.key in nodes for child in loader.graph.node_map[key].children))


def everything() -> list[Migration]:
    return list(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def as_of(applied: Iterable[Migration]) -> dict[str, Table]:
    """The tables of a database after these migrations."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    state = loader.project_state(targets(loader, applied))
    models_then = state.apps.get_models(include_auto_created=True)
    found = (Table(model) for model in models_then if model._meta.managed and not model._meta.proxy)
    return {table.name: table for table in sorted(found, key=lambda table: table.name)}


def left_out() -> tuple[str, ...]:
    return tuple(name for config in apps.get_app_configs() for name in getattr(config, "not_backed_up", ()))


# What nobody else can change meanwhile ------------------------------------------------------------------


@contextmanager
def snapshot() -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own that sees the database as it is now, while others go on writing."""
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            begin = "BEGIN" if own.vendor == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            cursor.execute(begin)
            # The first question fixes the moment.
            cursor.execute("SELECT COUNT(*) FROM django_migrations")
            cursor.fetchone()
            yield own
            cursor.execute("ROLLBACK")
    finally:
        own.close()
