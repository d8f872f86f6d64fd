"""The line on the start page of who manages the portal, when the last good backup is too old."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from portal.upkeep.to_do import ToDo, When

from .archive import megabytes
from .models import Backup

TOO_OLD = timedelta(days=2)


def lines(user: User) -> Iterator[ToDo]:
    if not user.has_perm("backup.view_backup"):
        return
    good = Backup.objects.filter(worked=True).first()
    if (good and good.at > timezone.now() - TOO_OLD) or (not good and not settings.BACKUP_EXPECTED):
        return
    aside = f"seit dem {moment(good)} ({megabytes(good.size)})" if good else "bisher"
    failed = Backup.objects.filter(worked=False, at__gt=good.at if good else timezone.now() - 7 * TOO_OLD).first()
    words = f"keine gelungen; zuletzt gescheitert am {moment(failed)}: {failed.problem}" if failed else "keine gelungen"
    yield ToDo(When.NOW, "Sicherung", 0, words, "", aside)


def moment(backup: Backup) -> str:
    return timezone.localtime(backup.at).strftime("%d.%m.%Y %H:%M")
