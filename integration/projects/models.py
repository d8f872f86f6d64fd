from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from portal.fields import RichTextField
from portal.models import Content, Illustrated


class Project(Content, Illustrated):
    search_fields = ("lead", "body", "funding", "partners__name", "topics__title")

    lead = models.TextField("Einleitung", max_length=600, blank=True)
    body = RichTextField("Text", blank=True)
    starts_on = models.DateField("Beginn", null=True, blank=True)
    ends_on = models.DateField("Ende", null=True, blank=True, help_text="Leer: läuft weiter.")
    funding = models.CharField("Förderung", max_length=300, blank=True)
    office = models.ForeignKey(
        "offices.Office",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name="verantwortliche Stelle",
    )
    topics = models.ManyToManyField(
        "topics.Term",
        blank=True,
        limit_choices_to={"vocabulary": "topic"},
        related_name="projects",
        verbose_name="Themen",
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta(Content.Meta):
        verbose_name = "Projekt"
        verbose_name_plural = "Projekte"
        ordering = ["order", "title_de"]
        constraints = [
            *Content.Meta.constraints,
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="projects_project_period",
                violation_error_message="Das Ende liegt vor dem Beginn.",
            ),
        ]

    def get_absolute_url(self):
        return reverse("projects:detail", args=[self.slug])

    def is_over(self):
        return bool(self.ends_on) and self.ends_on < timezone.localdate()


class Partner(models.Model):
    LINK_TEXT = "name"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="partners")
    name = models.CharField("Name", max_length=200)
    url = models.URLField("Internetadresse", blank=True)
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Partner"
        verbose_name_plural = "Partner"
        ordering = ["order", "pk"]

    def __str__(self):
        return self.name
