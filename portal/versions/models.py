from datetime import timedelta

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


class Proofreading(models.Model):
    """Who has last changed what a content says, and what a second person has last read of it."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.CharField(max_length=40)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="zuletzt geändert von",
    )
    changed_at = models.DateTimeField("geändert am", default=timezone.now)
    waiting = models.BooleanField("noch nicht gegengelesen", default=False, db_index=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name="gegengelesen von",
    )
    read_at = models.DateTimeField("gegengelesen am", null=True)
    # The version that was read; what has come since is what there is to read.
    read_revision = models.ForeignKey("reversion.Revision", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        default_permissions = ()
        verbose_name = "Gegenlesen"
        verbose_name_plural = "Gegenlesen"
        constraints = [models.UniqueConstraint(fields=["content_type", "object_id"], name="versions_proofreading_once")]

    def __str__(self):
        return f"{self.content_type} {self.object_id}"


class Editing(models.Model):
    """Who has opened which form, for some minutes (editing.py)."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.CharField(max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "user"], name="versions_editing_once")
        ]

    def __str__(self):
        return f"{self.content_type} {self.object_id}"


class Unchangeable(Exception):
    """Somebody tried to change or remove what has been noted."""


class AuditQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise Unchangeable("Das Protokoll wird nur fortgeschrieben.")

    def delete(self):
        raise Unchangeable("Das Protokoll wird nur fortgeschrieben.")

    def remove_expired(self) -> int:
        """The one way something goes: by time. The database lets nothing younger go."""
        expired = self.filter(at__lt=timezone.now() - AuditEntry.KEEP)
        return expired._raw_delete(expired.db)


class AuditEntry(models.Model):
    """Who did what. It only grows; who manages the portal reads it."""

    KEEP = timedelta(days=366)

    class Action(models.TextChoices):
        LOGIN = "login", "angemeldet"
        LOGIN_FAILED = "login_failed", "Anmeldung gescheitert"
        LOGOUT = "logout", "abgemeldet"
        SECOND_FACTOR = "second_factor", "zweiter Faktor"
        PASSWORD = "password", "Passwort geändert"
        ACCOUNT = "account", "Zugang oder Rechte geändert"
        ADD = "add", "angelegt"
        CHANGE = "change", "geändert"
        DELETE = "delete", "gelöscht"
        RESTORE = "restore", "wiederhergestellt"
        PUBLISH = "publish", "veröffentlicht"
        UNPUBLISH = "unpublish", "aus der Öffentlichkeit genommen"
        APPROVE = "approve", "gegengelesen"
        SETTINGS = "settings", "Einstellung geändert"
        IMPORT = "import", "importiert"
        EXPORT = "export", "exportiert"
        ERASE = "erase", "Person gelöscht"

    at = models.DateTimeField("wann", default=timezone.now, db_index=True)
    # No foreign keys: an entry outlasts the account and the row it is about.
    user_id = models.BigIntegerField("Nummer des Zugangs", null=True, db_index=True)
    user_name = models.CharField("wer", max_length=150, blank=True)
    action = models.CharField("was", max_length=20, choices=Action, db_index=True)
    kind = models.CharField("Art", max_length=100, blank=True, help_text="Zum Beispiel „Stelle“.")
    object_id = models.CharField("Nummer", max_length=40, blank=True)
    title = models.CharField("Titel", max_length=200, blank=True)
    details = models.JSONField("Einzelheiten", default=dict, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        verbose_name = "Protokoll-Eintrag"
        verbose_name_plural = "Einträge im Protokoll"
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.at:%d.%m.%Y %H:%M} {self.get_action_display()}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise Unchangeable("Das Protokoll wird nur fortgeschrieben.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise Unchangeable("Das Protokoll wird nur fortgeschrieben.")
