from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.models import Identified, Slugged, Translated, refuse_loop


class Term(Identified, Slugged, Translated):
    """A word of one of the portal's vocabularies. Topics are shared by everything, the rest serves the directory."""

    class Vocabulary(models.TextChoices):
        TOPIC = "topic", _("Thema")
        AUDIENCE = "audience", _("Zielgruppe")
        ACCESSIBILITY = "accessibility", _("Barrierefreiheit vor Ort")
        PROGRAMME = "programme", _("Programm")

    vocabulary = models.CharField("Art", max_length=20, choices=Vocabulary, default=Vocabulary.TOPIC, db_index=True)
    title = models.CharField("Name", max_length=120)
    description = models.CharField("Erklärung", max_length=300, blank=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="gehört zu",
        help_text="Ein Begriff derselben Art. Wer ihn wählt, findet auch alles darunter.",
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Begriff"
        verbose_name_plural = "Themen, Zielgruppen und andere Begriffe"
        ordering = ["vocabulary", "order", "title_de"]
        constraints = [
            models.CheckConstraint(
                condition=Q(title_de__isnull=False) & ~Q(title_de=""),
                name="topics_term_german_title",
                violation_error_message="Der deutsche Name fehlt.",
            ),
        ]

    def __str__(self):
        return self.title

    def clean(self):
        super().clean()
        refuse_loop(self)
        if self.parent and self.parent.vocabulary != self.vocabulary:
            raise ValidationError({"parent": "Der übergeordnete Begriff muss von derselben Art sein."})
