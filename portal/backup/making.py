"""A backup is made beside its place under a name nobody looks for, and put there when it is whole."""

import errno
import os
import re
import secrets
import time
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from portal.errors import NO_SPACE

from . import archive, uploads
from .models import Backup
from .sealing import BackupError

NAME = re.compile(r"portal-(\d{4}-\d\d-\d\d)(-\d{4})?\.tar(\.age)?")
UNFINISHED = ".teil"
REMEMBERED = timedelta(days=365)


def name_for(when: str, sealed: bool) -> str:
    return f"portal-{timezone.localtime():{when}}.tar{'.age' if sealed else ''}"


def make(target: Path, recipients: list[str]) -> dict:
    """Notes how it went, and raises BackupError when it did not."""
    try:
        manifest = make_file(target, recipients)
    except (BackupError, OSError, DatabaseError) as error:
        problem = in_words(error, target)
        note(worked=False, problem=problem[:500])
        raise BackupError(problem) from error
    except Exception as error:
        note(worked=False, problem=type(error).__name__)
        raise
    note(worked=True, name=target.name, size=target.stat().st_size)
    return manifest


def make_file(target: Path, recipients: list[str]) -> dict:
    if target.exists():
        raise BackupError(f"{target} gibt es schon; überschrieben wird nichts.")
    aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        file = os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        with file, uploads.bucket_is_said():
            manifest = archive.write(file, recipients)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            raise BackupError(f"{target} gibt es schon; überschrieben wird nichts.")
        aside.rename(target)
        sync_folder(target.parent)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise
    return manifest


def sync_folder(folder: Path) -> None:
    """That the new name is there after a power failure, too."""
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every network drive can
            os.fsync(number)
    finally:
        os.close(number)


def in_words(error: Exception, target: Path) -> str:
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        return f"In {target.parent} ist kein Platz mehr für die Sicherung."
    if isinstance(error, OSError) and error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"In {error.filename or target.parent} darf das Portal nicht lesen oder schreiben."
    if isinstance(error, OSError):
        return f"{error.filename or target}: {error.strerror}"
    if isinstance(error, DatabaseError):
        return f"Die Datenbank ließ sich nicht lesen: {str(error).splitlines()[0]}"
    return str(error)


def note(**facts) -> None:
    """Before the first migration, or on a full disk, there is nowhere to note it; the backup itself is what counts."""
    with suppress(DatabaseError), transaction.atomic():
        Backup.objects.create(**facts)
        Backup.objects.filter(at__lt=timezone.now() - REMEMBERED).delete()


def remove_old(folder: Path) -> list[str]:
    """Those of the last days stay: if backups fail for a month, the last good ones are still there."""
    by_day = defaultdict(list)
    for path in folder.iterdir():
        if match := NAME.fullmatch(path.name):
            by_day[match[1]].append(path)
        elif path.name.startswith(".portal-") and path.name.endswith(UNFINISHED):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - 24 * 3600:  # of one that was killed
                    path.unlink()
    old = [path for day in sorted(by_day)[: -settings.BACKUP_KEEP] for path in by_day[day]]
    for path in old:
        path.unlink(missing_ok=True)
    return sorted(path.name for path in old)
