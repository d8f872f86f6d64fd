from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone


class OutsideLink(models.Model):
    """An address elsewhere that contents lead to, and what the last checks have found there."""

    is_content = False

    class State(models.TextChoices):
        UNKNOWN = "unknown", "noch nicht geprüft"
        WORKS = "works", "erreichbar"
        SHUT = "shut", "lässt sich nicht prüfen"  # answers, but not to a program
        FAILING = "failing", "antwortet gerade nicht"
        BROKEN = "broken", "führt ins Leere"

    url = models.URLField("Adresse", max_length=500, unique=True)
    state = models.CharField("Stand", max_length=10, choices=State, default=State.UNKNOWN, db_index=True)
    reason = models.CharField("Was die Prüfung fand", max_length=200, blank=True)
    failures = models.PositiveSmallIntegerField("Fehlversuche", default=0)
    failing_since = models.DateField("seit", null=True, blank=True)
    checked_at = models.DateTimeField("geprüft", null=True, blank=True)
    next_check = models.DateTimeField("nächste Prüfung", default=timezone.now, db_index=True)
    silenced = models.BooleanField("nicht mehr melden", default=False)

    class Meta:
        verbose_name = "Link nach außen"
        verbose_name_plural = "Links nach außen"
        ordering = ["url"]

    def __str__(self):
        return self.url


class LinkUse(models.Model):
    """A link in a content or in a part of it: to an address elsewhere, or to a page of this portal."""

    is_content = False

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=100)  # with its language, "body_ar"
    outside = models.ForeignKey(OutsideLink, on_delete=models.CASCADE, null=True, related_name="uses")
    path = models.CharField(max_length=500, blank=True)  # within the portal, without language
    kind = models.CharField(max_length=100, blank=True)  # what answers there, as "offices.office" …
    slug = models.CharField(max_length=100, blank=True)  # … and which; both empty: a list or a form
    nowhere = models.BooleanField(default=False)  # no view answers there

    class Meta:
        indexes = [
            models.Index(fields=["content_type", "object_id"], name="upkeep_linkuse_row"),
            models.Index(fields=["kind", "slug"], name="upkeep_linkuse_target"),
        ]

    def __str__(self):
        return self.path or str(self.outside_id)


class ReviewMail(models.Model):
    """When somebody was last reminded of contents that are to be checked."""

    is_content = False

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    sent_on = models.DateField()

    def __str__(self):
        return f"{self.user}, {self.sent_on}"
