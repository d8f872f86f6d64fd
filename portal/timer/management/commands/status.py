import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.db.models import Count, Min, Q
from django.utils import timezone
from post_office.models import STATUS, Email

from portal import readiness
from portal.backup.models import Backup
from portal.timer import state
from portal.timer.models import Job


class Level(IntEnum):
    OK = 0
    WARNUNG = 1
    KRITISCH = 2


Part = tuple[Level, str, dict[str, int | float]]  # how bad, in words, and as numbers for a curve


class Command(BaseCommand):
    """As programs that watch many servers want it: one line, and its gist as the exit code."""

    help = "Wie es dem Portal geht, in einer Zeile. Ende mit 0 (gut), 1 (Warnung) oder 2 (kritisch)."
    requires_system_checks = []

    def handle(self, *args, **options):
        parts = [*self.parts(timezone.now())]
        level = max(part[0] for part in parts)
        numbers = " ".join(f"{name}={value}" for part in parts for name, value in part[2].items())
        self.stdout.write(f"{level.name} - {', '.join(words for _level, words, _numbers in parts)} | {numbers}")
        if level:
            sys.exit(level)

    def parts(self, now: datetime):
        yield disk()
        if missing := readiness.what_is_missing():
            yield Level.KRITISCH, missing, {}
            return
        try:
            yield Level.OK, "Datenbank und Migrationen in Ordnung", {}
            yield mail(now)
            rows = list(Job.objects.all())
            yield timer(rows, now)
            yield from backup(now)
        except DatabaseError:
            yield Level.KRITISCH, "die Datenbank antwortet nicht mehr", {}


def mail(now: datetime) -> Part:
    waiting = Q(status__in=(STATUS.queued, STATUS.requeued)) | Q(status=None)
    found = Email.objects.aggregate(
        number=Count("pk", filter=waiting),
        oldest=Min("created", filter=waiting),
        failed=Count("pk", filter=Q(status=STATUS.failed)),
    )
    age = now - found["oldest"] if found["oldest"] else timedelta()
    words = f"{found['number']} E-Mails warten"
    if found["number"]:
        words += f" (die älteste {ago(age)})"
    numbers = {"mails": found["number"], "mail_age": seconds(age), "mails_failed": found["failed"]}
    return judged(age, timedelta(hours=1), timedelta(hours=12)), words, numbers


def timer(rows: list[Job], now: datetime) -> Part:
    last = state.last_sign(rows)
    numbers = {"timer_age": seconds(now - last)} if last else {}
    if wrong := state.what_is_wrong(rows, now):
        return Level.KRITISCH, wrong, numbers
    failing = [job.name for job in rows if job.failures]
    if failing:
        return Level.WARNUNG, f"gescheitert: {' und '.join(failing)}", numbers
    return Level.OK, f"Zeitgeber {ago(now - last)}" if last else "Zeitgeber noch nie", numbers


def disk() -> Part:
    """Where uploads and SQLite's database are."""
    free = min(shutil.disk_usage(there(Path(folder))).free for folder in (settings.DATA_DIR, settings.MEDIA_ROOT))
    megabytes = free // 1_000_000
    level = Level.KRITISCH if megabytes < 500 else Level.WARNUNG if megabytes < 2000 else Level.OK
    return level, f"{megabytes / 1000:.1f} GB frei".replace(".", ","), {"disk_free": f"{megabytes}MB"}


def there(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def backup(now: datetime) -> Iterator[Part]:
    good = Backup.objects.filter(worked=True).first()
    if good:
        age = now - good.at
        yield judged(age, timedelta(days=2), timedelta(days=7)), f"gesichert {ago(age)}", {"backup_age": seconds(age)}
    elif settings.BACKUP_EXPECTED:
        yield Level.WARNUNG, "noch nie gesichert", {}


def judged(age: timedelta, warning: timedelta, critical: timedelta) -> Level:
    return Level.KRITISCH if age >= critical else Level.WARNUNG if age >= warning else Level.OK


def ago(age: timedelta) -> str:
    minutes = round(age.total_seconds() / 60)
    if minutes < 120:
        return f"vor {minutes} min"
    return f"vor {minutes // 60} h" if minutes < 48 * 60 else f"vor {minutes // 1440} Tagen"


def seconds(age: timedelta) -> str:
    return f"{age.total_seconds():.0f}s"
