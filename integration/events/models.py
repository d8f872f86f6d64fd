from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.fields import SENSIBLE_TIME, LinkField, RichTextField
from portal.models import Content, Illustrated, PublishableQuerySet


class EventQuerySet(PublishableQuerySet):
    """An event without an end is taken to be over when its day is."""

    def upcoming(self):
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return self.filter(Q(ends_at__gte=timezone.now()) | Q(ends_at=None, starts_at__gte=today)).order_by(
            "starts_at", "pk"
        )

    def past(self):
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return self.filter(Q(ends_at__lt=timezone.now()) | Q(ends_at=None, starts_at__lt=today)).order_by(
            "-starts_at", "-pk"
        )


class Event(Content, Illustrated):
    class Kind(models.TextChoices):
        EVENT = "event", _("Veranstaltung")
        TRAINING = "training", _("Schulung")
        COURSE = "course", _("Kurs")
        CONSULTATION = "consultation", _("Sprechstunde")
        MEETING = "meeting", _("Treffen")

    is_reviewed = False  # it is over before anybody would look again
    search_fields = ("lead", "body", "place", "street", "city", "registration", "topics__title", "kind")

    kind = models.CharField("Art", max_length=20, choices=Kind, default=Kind.EVENT)
    lead = models.TextField("Einleitung", max_length=600, blank=True)
    body = RichTextField("Text", blank=True)
    starts_at = models.DateTimeField("Beginn", db_index=True, validators=SENSIBLE_TIME)
    ends_at = models.DateTimeField("Ende", null=True, blank=True, validators=SENSIBLE_TIME)
    cancelled = models.BooleanField("fällt aus", default=False, help_text="Bleibt sichtbar, deutlich als abgesagt.")
    place = models.CharField("Ort", max_length=200, blank=True, help_text="Zum Beispiel „Kreishaus, Saal 1“.")
    street = models.CharField("Straße und Hausnummer", max_length=100, blank=True)
    postal_code = models.CharField("PLZ", max_length=10, blank=True)
    city = models.CharField("Stadt oder Gemeinde", max_length=100, blank=True)
    registration = models.CharField("Anmeldung", max_length=300, blank=True, help_text="Wie man sich anmeldet.")
    registration_link = LinkField("Link zur Anmeldung", blank=True)
    office = models.ForeignKey(
        "offices.Office",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="events",
        verbose_name="veranstaltet von",
    )
    topics = models.ManyToManyField(
        "topics.Term",
        blank=True,
        limit_choices_to={"vocabulary": "topic"},
        related_name="events",
        verbose_name="Themen",
    )

    objects = EventQuerySet.as_manager()

    class Meta(Content.Meta):
        verbose_name = "Veranstaltung"
        verbose_name_plural = "Veranstaltungen"
        ordering = ["-starts_at"]
        constraints = [
            *Content.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="events_event_period",
                violation_error_message="Das Ende muss nach dem Beginn liegen.",
            ),
        ]

    def _is_taken(self, slug):
        return slug == "kalender" or super()._is_taken(slug)  # kalender.ics is all events together

    def get_absolute_url(self):
        return reverse("events:detail", args=[self.slug])

    def is_past(self):
        last = self.ends_at or timezone.localtime(self.starts_at).replace(hour=23, minute=59)
        return last < timezone.now()

    def is_one_day(self):
        end = self.ends_at or self.starts_at
        return timezone.localtime(self.starts_at).date() == timezone.localtime(end).date()

    @property
    def address(self):
        town = f"{self.postal_code} {self.city}".strip()
        return ", ".join(part for part in (self.street, town) if part)
