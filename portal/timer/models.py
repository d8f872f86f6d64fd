from datetime import date, datetime, timedelta

from django.db import models

# What hangs holds up all others no longer than this; the mail server, which hangs most, far less (EMAIL_TIMEOUT).
LONGEST = timedelta(minutes=30)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)


class Job(models.Model):
    """When a job last ran and how that went. Nothing about persons, not even in the words of an error."""

    is_content = False

    name = models.CharField("Befehl", max_length=50, primary_key=True)
    running_since = models.DateTimeField("läuft seit", null=True)
    started = models.DateTimeField("zuletzt begonnen", null=True)
    succeeded = models.DateTimeField("zuletzt gelungen", null=True)
    seconds = models.FloatField("Dauer in Sekunden", null=True)
    failed = models.DateTimeField("zuletzt gescheitert", null=True)
    error = models.CharField("Fehler", max_length=200, blank=True)
    failures = models.PositiveIntegerField("gescheitert seit dem letzten Gelingen", default=0)
    done_on = models.DateField("erledigt für den Tag", null=True)

    class Meta:
        default_permissions = ("view",)
        verbose_name = "Aufgabe des Zeitgebers"
        verbose_name_plural = "Aufgaben des Zeitgebers"
        ordering = ["name"]

    def __str__(self):
        return self.name

    def is_due(self, now: datetime, today: date) -> bool:
        """Of a daily job. Another day rather than a later one: a clock that was ahead must not stop anything until then."""
        return self.done_on != today and not self.is_pausing(now)

    def is_pausing(self, now: datetime) -> bool:
        """After a failure, the longer the more often. One that is still to come was noted by a clock that was ahead."""
        return self.failures > 0 and timedelta() <= now - self.failed < self.pause()

    def pause(self) -> timedelta:
        return min(FIRST_PAUSE * 2 ** min(self.failures - 1, 10), LONGEST_PAUSE)
