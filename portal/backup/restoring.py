"""From a backup to a running portal, all of it or nothing.

The database is emptied, made anew as it was when the backup was made, filled, and migrated on to today: one transaction.
Uploads wait in a folder of their own until everything else has worked (uploads.py).
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from post_office.models import STATUS, Email

from portal.models import Content, PersonalData, SiteProfile
from portal.versions.models import AuditEntry

from . import archive, tables, uploads
from .archive import Hashed, Looker
from .sealing import BackupError
from .tables import Table
from .uploads import Files

BESIDE = ".zurueckspielen-"


def restore(path: Path, secret: str | None, replace: bool) -> tuple[dict, int]:
    """The manifest, and how many mails will not be sent again."""
    media = Path(settings.MEDIA_ROOT)
    media.mkdir(parents=True, exist_ok=True)
    for left in media.glob(f"{BESIDE}*"):  # by one that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=BESIDE, dir=media) as folder, database_is_said(), uploads.bucket_is_said():
        with Files(Path(folder)) as files, all_or_nothing():
            filler = Filler(files, replace)
            manifest = archive.read(path, secret, filler)
            filler.finish(manifest)
            unsent = keep_unsent()
            files.put_in_place()
        files.remove_others()
    return manifest, unsent


class Filler(Looker):
    def __init__(self, files: Files, replace: bool):
        self.files, self.replace = files, replace
        self.tables: dict[str, Table] = {}

    def begin(self, start: dict) -> None:
        applied = fits(start)
        if not self.replace and (there := content()):
            raise BackupError(f"In der Datenbank steht schon etwas: {there}. Mit --replace geht es verloren.")
        empty_database()
        executor = MigrationExecutor(connection)
        executor.migrate(tables.targets(executor.loader, applied))
        self.tables = tables.as_of(applied)
        # What migrations have filled in is in the backup, too.
        clear(self.tables.values())
        defer_constraints(True)

    def table(self, name: str, columns: list[str], rows: Iterable[list]) -> None:
        if name not in self.tables:
            raise BackupError(f"Die Tabelle {name} gibt es in diesem Stand der Datenbank nicht.")
        try:
            self.tables[name].load(columns, rows)
        except OperationalError:
            raise
        except DatabaseError as error:
            raise BackupError(f"Tabelle {name} lässt sich nicht laden: {first_line(error)}") from error

    def file(self, name: str, content: Hashed) -> None:
        self.files.take(name, content)

    def finish(self, manifest: dict) -> None:
        for name, facts in manifest["tables"].items():
            self.tables[name].count_on(facts["last"])
        try:
            connection.check_constraints()
            defer_constraints(False)
        except DatabaseError as error:
            raise BackupError(f"Die Zeilen der Sicherung passen nicht zueinander: {first_line(error)}") from error
        ContentType.objects.clear_cache()
        call_command("migrate", interactive=False, verbosity=0)


def fits(start: dict) -> list[tables.Migration]:
    """The migrations to go back to; refuses what a later release has made."""
    applied = [(app, name) for app, name in start["migrations"]]
    if unknown := tables.unknown(applied):
        by = f" (Portal {start['portal']})" if start.get("portal") else ""
        raise BackupError(
            f"Diese Sicherung stammt aus einem neueren oder anderen Stand des Portals{by}: Sie kennt {unknown[0]}, "
            f"dieser Stand {archive.release()} nicht. Bitte das Portal mindestens auf den Stand der Sicherung bringen."
        )
    return applied


class Checker(Looker):
    """Could it be restored here? Writes nothing."""

    def begin(self, start: dict) -> None:
        self.tables = tables.as_of(fits(start))

    def table(self, name: str, columns: list[str], rows: Iterable[list]) -> None:
        if name not in self.tables:
            raise BackupError(f"Die Tabelle {name} gibt es in diesem Stand des Portals nicht.")
        for _row in self.tables[name].converted(columns, rows):
            pass


# The database -----------------------------------------------------------------------------------------


def content() -> str:
    """What would be lost, in words; a database that was only set up has none."""
    there = set(connection.introspection.table_names())
    counted = []
    for model in apps.get_models():
        if issubclass(model, Content | PersonalData | SiteProfile | User) and model._meta.db_table in there:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
                if number := cursor.fetchone()[0]:
                    counted.append(f"{model._meta.verbose_name_plural}: {number}")
    return ", ".join(counted)


def erased() -> list[tuple[datetime, str]]:
    """Who was erased on request, by the log of the database that is about to be replaced, where there is one."""
    if AuditEntry._meta.db_table not in connection.introspection.table_names():
        return []
    entries = AuditEntry.objects.filter(action=AuditEntry.Action.ERASE).order_by("at")
    return [(at, details["Nummer"]) for at, details in entries.values_list("at", "details") if "Nummer" in details]


def ours(there: set[str]) -> set[str]:
    """What this release makes, and what the one has made that was here before."""
    known = {"django_migrations", *tables.as_of(tables.everything())}
    if "django_migrations" in there:
        known |= set(tables.as_of(tables.migrations(connection)))
    return known


def empty_database() -> None:
    """Drops what the portal has made. Something else in there means that it is not the portal's alone."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%%'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
        there = {name for name in connection.introspection.table_names(cursor) if not name.startswith("sqlite_")}
        if foreign := there - ours(there):
            raise BackupError(
                f"In der Datenbank liegen Tabellen, die dieser Stand des Portals nicht kennt: {', '.join(sorted(foreign))}. "
                "Bitte in eine leere Datenbank zurückspielen (DATABASE_URL)."
            )
        if connection.vendor == "sqlite":
            for name in there:
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
            return
        cursor.execute("SET LOCAL lock_timeout = '15s'")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or tables with rows just written could not be altered
        cursor.execute(
            "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN "
            "(SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)"
        )
        functions = [name for (name,) in cursor.fetchall()]
        for name in there:
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE")
        for name in functions:
            cursor.execute(f"DROP FUNCTION {name}")


def clear(found: Iterable[Table]) -> None:
    names = [connection.ops.quote_name(table.name) for table in found]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(names)}")
        else:
            for name in names:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608


def defer_constraints(later: bool) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL {'DEFERRED' if later else 'IMMEDIATE'}")


@contextmanager
def all_or_nothing() -> Iterator[None]:
    connection.disable_constraint_checking()  # SQLite cannot within the transaction, and its tables are remade there
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        connection.enable_constraint_checking()


@contextmanager
def database_is_said() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise BackupError(
            "Die Datenbank ist nicht erreichbar oder beschäftigt. Bitte das Portal und den Arbeiter anhalten "
            f"(docker compose stop web worker) und noch einmal beginnen. ({first_line(error)})"
        ) from error


def first_line(error: Exception) -> str:
    """The rest shows the row, and with it somebody's data."""
    return str(error).strip().splitlines()[0]


def keep_unsent() -> int:
    """What waited when the backup was made has gone out since, or should be looked at before it does."""
    waiting = Q(status__in=(STATUS.queued, STATUS.requeued)) | Q(status=None)
    return Email.objects.filter(waiting).update(status=STATUS.failed)
