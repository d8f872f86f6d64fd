"""Does the timer run, and do its jobs work? For the staff's start page, its list and `manage.py status`."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from portal.upkeep.to_do import ToDo, When

from . import jobs
from .models import LONGEST, Job

SILENCE = timedelta(minutes=15)


def lines(user: User) -> Iterator[ToDo]:
    if not user.has_perm("timer.view_job"):
        return
    rows = list(Job.objects.all())
    url = reverse("admin:timer_job_changelist")
    if wrong := what_is_wrong(rows, timezone.now()):
        yield ToDo(When.NOW, "Technik", 1, wrong, url, counted=False)
    failing = sum(job.failures > 0 for job in rows)
    yield ToDo(When.NOW, "Technik", failing, "Aufgabe scheitert" if failing == 1 else "Aufgaben scheitern", url)


def what_is_wrong(rows: list[Job], now: datetime) -> str:
    """In words for staff; nothing if the timer runs."""
    last = last_sign(rows)
    if last is None and settings.DEBUG:
        return ""  # `make run` has none, and no mail to send
    if last and abs(now - last) < SILENCE:  # also not from a clock that was ahead
        return ""
    for job in rows:
        if job.running_since and timedelta() <= now - job.running_since < 2 * LONGEST:
            since = timezone.localtime(job.running_since)
            return f"Der Zeitgeber hängt: „{job}“ läuft seit {since:%H:%M} Uhr, alles andere wartet"
    return "Der Zeitgeber läuft nicht: E-Mails bleiben liegen"


def last_sign(rows: list[Job]) -> datetime | None:
    known = set(jobs.names())
    return max((job.started for job in rows if job.started and job.name in known), default=None)
