from django.db import models
from django.utils import timezone


class Backup(models.Model):
    """That a backup was made, or why not."""

    is_content = False

    at = models.DateTimeField("wann", default=timezone.now, db_index=True)
    worked = models.BooleanField("gelungen")
    name = models.CharField("Datei", max_length=200, blank=True)
    size = models.BigIntegerField("Bytes", default=0)
    problem = models.CharField("woran es lag", max_length=500, blank=True)

    class Meta:
        verbose_name = "Sicherung"
        verbose_name_plural = "Sicherungen"
        ordering = ["-at"]
        default_permissions = ("view",)

    def __str__(self):
        return self.name or self.problem
