from django.db import models
from django.db.models import Q

from portal.models import Slugged, Translated


class Topic(Slugged, Translated):
    """A subject that offices, projects, publications and events share: "Gesundheit", "Sport" …"""

    title = models.CharField("Name", max_length=80)
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Thema"
        verbose_name_plural = "Themen"
        ordering = ["order", "title_de"]
        constraints = [
            models.CheckConstraint(
                condition=Q(title_de__isnull=False) & ~Q(title_de=""),
                name="topics_topic_german_title",
                violation_error_message="Der deutsche Name fehlt.",
            ),
        ]

    def __str__(self):
        return self.title
