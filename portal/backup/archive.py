"""A backup as a file: a tar, encrypted, that a person can read with stock programs in ten years.

LIESMICH.txt               what this is and how to open it without the portal
start.json                 format, time, release, database, migrations
tables/<name>.jsonl.gz     first the columns, then a row a line
media/<path>               the uploads
manifest.json              the checksum of everything, last: what ends earlier is not whole
"""

import gzip
import json
import os
import tarfile
import tomllib
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone

from . import sealing, tables, uploads
from .sealing import BackupError
from .tables import Table

FORMAT = 1
IN_MEMORY = 8 << 20
BLOCK = 64 << 10  # what a pipe holds
README = """Eine Sicherung des Integrationsportals: Datenbank und hochgeladene Dateien.

Zurückspielen: manage.py restore DATEI
Ansehen ohne das Portal: age -d -i schluessel.txt portal-….tar.age | tar x

start.json             Zeit, Stand des Portals, angewandte Migrationen
tables/*.jsonl.gz      je Tabelle: zuerst die Spalten mit ihren Arten, dann eine Zeile je Datensatz (JSON, UTF-8)
                       Zeiten in UTC nach ISO 8601, Dezimalzahlen als Text, Binäres in Base64, JSON als Text
media/                 die hochgeladenen Dateien
manifest.json          Prüfsummen (SHA-256; bei Tabellen von den ausgepackten Zeilen) und Anzahlen
"""


class Hashed:
    """Counts and sums up what is read from a file."""

    def __init__(self, file: Any):
        self.file, self.sum, self.size = file, sha256(), 0

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.sum.update(data)
        self.size += len(data)
        return data

    def facts(self) -> dict:
        return {"size": self.size, "sha256": self.sum.hexdigest()}


# Writing ------------------------------------------------------------------------------------------------


def write(target: BinaryIO, recipients: list[str]) -> dict:
    """All there is, into an open file; returns the manifest."""
    with sealing.sealed(target, recipients) as plain, tarfile.open(fileobj=plain, mode="w|", bufsize=BLOCK) as tar:
        with tables.snapshot() as source:
            found = uploads.names()
            start = begun(source)
            manifest: dict = {"start": start, "tables": {}, "files": {}, "missing": []}
            add(tar, "LIESMICH.txt", README.encode())
            add(tar, "start.json", as_json(start))
            named: set[str] = set()
            for table in tables.as_of(start["migrations"]).values():
                if table.name not in tables.left_out():
                    manifest["tables"][table.name] = write_table(tar, table, source, named)
        # What is deleted while it is being backed up is missing, and said to be.
        for name in found:
            if facts := write_file(tar, name):
                manifest["files"][name] = facts
        manifest["missing"] = sorted(named - set(manifest["files"]))
        add(tar, "manifest.json", as_json(manifest))
    return manifest


def begun(source) -> dict:
    applied = tables.migrations(source)
    if unknown := tables.unknown(applied):
        raise BackupError(
            f"Die Datenbank ist neuer als dieser Stand des Portals (zum Beispiel {unknown[0]}). "
            "Bitte mit dem Stand sichern, mit dem sie zuletzt lief."
        )
    return {
        "format": FORMAT,
        "made": timezone.now().isoformat(),
        "portal": release(),
        "database": connection.vendor,
        "migrations": applied,
    }


def release() -> str:
    try:
        return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
    except FileNotFoundError:
        return ""


def as_json(content: dict) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(entry(name, len(content)), BytesIO(content))


def entry(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, timezone.now().timestamp(), 0o600
    return info


def write_table(tar: tarfile.TarFile, table: Table, source, named: set[str]) -> dict:
    """A tar wants to know how long it will be, so it is written aside first; `named` collects the uploads in it."""
    digest, number = sha256(), 0
    files = [place for place, column in enumerate(table.columns) if column.is_file]
    with SpooledTemporaryFile(IN_MEMORY) as aside:
        with gzip.GzipFile(fileobj=aside, mode="wb", mtime=0) as packed:
            for line in lines(table, source):
                if number:
                    named.update(line[place] for place in files if line[place])
                data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                digest.update(data)
                packed.write(data)
                number += 1
        info = entry(f"tables/{table.name}.jsonl.gz", aside.tell())
        aside.seek(0)
        tar.addfile(info, aside)
    return {"rows": number - 1, "sha256": digest.hexdigest(), "last": table.counter(source)}


def lines(table: Table, source) -> Iterator[list]:
    yield [[column.name, column.kind] for column in table.columns]
    yield from table.rows(source)


def write_file(tar: tarfile.TarFile, name: str) -> dict | None:
    try:
        file = default_storage.open(name)
    except FileNotFoundError:
        return None
    with file:
        file.seek(0, os.SEEK_END)
        size = file.tell()
        file.seek(0)
        read = Hashed(file)
        tar.addfile(entry(f"media/{name}", size), read)
    return read.facts()


# Reading ------------------------------------------------------------------------------------------------


class Looker:
    """Is handed what is in a backup, piece by piece, and does nothing with it: that checks it."""

    def begin(self, start: dict) -> None:
        pass

    def table(self, name: str, columns: list[str], rows: Iterable[list]) -> None:
        for _row in rows:
            pass

    def file(self, name: str, content: Hashed) -> None:
        while content.read(1 << 20):
            pass


@contextmanager
def broken_is_said() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        words = f"{type(error).__name__}: {error}"[:200]
        raise BackupError(f"Die Sicherung ist beschädigt oder unvollständig ({words}).") from error


def read(path: Path, secret: str | None, looker: Looker) -> dict:
    """Everything in its order, each with its checksum; returns the manifest."""
    with (
        path.open("rb") as source,
        broken_is_said(),
        sealing.opened(source, secret) as plain,
        tarfile.open(fileobj=plain, mode="r|", bufsize=BLOCK) as tar,
    ):
        return read_all(tar, looker)


def read_all(tar: tarfile.TarFile, looker: Looker) -> dict:
    start: dict = {}
    found: dict = {"tables": {}, "files": {}}
    for member in tar:
        content = tar.extractfile(member)
        kind, _slash, name = member.name.partition("/")
        if content is None or not plain_name(member.name):
            raise BackupError(f"Die Sicherung enthält etwas, das nicht hineingehört: {member.name}")
        if member.name == "start.json":
            start = from_json(content.read(), {"format", "made", "migrations"})
            if start["format"] != FORMAT:
                raise BackupError(f"Diese Sicherung hat das Format {start['format']}; dieser Stand liest {FORMAT}.")
            looker.begin(start)
        elif kind == "tables" and start:
            name = name.removesuffix(".jsonl.gz")
            found["tables"][name] = read_table(name, content, looker)
        elif kind == "media" and start:
            hashed = Hashed(content)
            looker.file(name, hashed)
            found["files"][name] = hashed.facts()
        elif member.name == "manifest.json":
            manifest = from_json(content.read(), {"start", "tables", "files", "missing"})
            compare(manifest, {"start": start, **found})
            return manifest
        elif member.name != "LIESMICH.txt":
            raise BackupError(f"Die Sicherung enthält etwas, das nicht hineingehört: {member.name}")
    raise BackupError("Die Sicherung ist unvollständig: Ihr Ende fehlt.")


def from_json(text: bytes, needed: Iterable[str] = ()) -> Any:
    try:
        content = json.loads(text)
    except ValueError:
        raise BackupError("Die Sicherung ist beschädigt: Sie enthält Unlesbares.") from None
    if missing := [name for name in needed if name not in content]:
        raise BackupError(f"Die Sicherung ist beschädigt: Es fehlt {missing[0]}.")
    return content


def plain_name(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.as_posix() == name


def read_table(name: str, content: BinaryIO, looker: Looker) -> dict:
    digest = sha256()
    number = 0

    def unpacked() -> Iterator[list]:
        nonlocal number
        with gzip.GzipFile(fileobj=content, mode="rb") as packed:
            for line in packed:
                digest.update(line)
                number += 1
                yield from_json(line)

    rows = unpacked()
    columns = [column for column, _kind in next(rows, [])]
    looker.table(name, columns, rows)
    return {"rows": number - 1, "sha256": digest.hexdigest()}


def compare(manifest: dict, found: dict) -> None:
    """What the list at the end says against what was there."""
    listed = {name: {"rows": facts["rows"], "sha256": facts["sha256"]} for name, facts in manifest["tables"].items()}
    if manifest["start"] != found["start"]:
        raise BackupError("Die Sicherung ist beschädigt: Anfang und Ende passen nicht zusammen.")
    for word, said, seen in (
        ("Tabelle", listed, found["tables"]),
        ("Datei", manifest["files"], found["files"]),
    ):
        for name in sorted(set(said) | set(seen)):
            if said.get(name) != seen.get(name):
                raise BackupError(
                    f"Die Sicherung ist beschädigt: {word} {name} stimmt nicht mit ihrer Prüfsumme überein."
                )


# Words ----------------------------------------------------------------------------------------------------


def made(start: dict) -> str:
    return timezone.localtime(datetime.fromisoformat(start["made"])).strftime("%d.%m.%Y %H:%M Uhr")


def in_words(manifest: dict) -> str:
    rows = sum(table["rows"] for table in manifest["tables"].values())
    size = sum(file["size"] for file in manifest["files"].values())
    return (
        f"Stand {made(manifest['start'])}, {len(manifest['tables'])} Tabellen mit {number(rows)} Zeilen, "
        f"{number(len(manifest['files']))} Dateien mit {megabytes(size)}"
    )


def number(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB".replace(".", ",") if size >= 1e9 else f"{size / 1e6:.1f} MB".replace(".", ",")
