"""What is left when the persons are gone: counts. And what is left with a volunteer when her requests are gone."""

from django.core.validators import MinValueValidator
from django.db import models

from .people import Volunteer


class MonthlyStat(models.Model):
    """How many requests of a month ended how, or volunteers stood where; written before the rows go (statistics.py)."""

    # Whoever manages the portal may read the report, too. The rows themselves are shown to nobody: some count one.
    is_content = False

    class Subject(models.TextChoices):
        REQUEST = "request", "Anfragen"
        VOLUNTEER = "volunteer", "Lotsinnen und Lotsen"
        MOVE = "move", "neu und ausgeschieden"

    month = models.DateField("Monat", help_text="Der erste Tag des Monats.")
    subject = models.CharField("was", max_length=10, choices=Subject)
    outcome = models.CharField("Ausgang oder Stand", max_length=10)
    language = models.CharField("Sprache", max_length=12, blank=True)
    kind = models.CharField("Art der Hilfe", max_length=100, blank=True)
    municipality = models.CharField("Ort", max_length=100, blank=True)
    count = models.PositiveIntegerField("Anzahl", default=0)
    hours = models.DecimalField("Stunden", max_digits=9, decimal_places=1, default=0)
    kilometres = models.PositiveIntegerField("Kilometer", default=0)

    class Meta:
        verbose_name = "Monatszahl"
        verbose_name_plural = "Jahresbericht"
        ordering = ["month", "subject", "outcome"]
        constraints = [
            models.UniqueConstraint(
                fields=["month", "subject", "outcome", "language", "kind", "municipality"],
                name="lotsen_monthlystat_once",
            )
        ]

    def __str__(self):
        return f"{self.month:%m.%Y}"


class Activity(models.Model):
    """What a volunteer has done in a year, of requests that have been erased. For her certificate; it goes with her."""

    is_content = False
    for_coordinators = True

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="activities")
    year = models.PositiveSmallIntegerField("Jahr")
    count = models.PositiveIntegerField("Begleitungen", default=0)
    hours = models.DecimalField("Stunden", max_digits=7, decimal_places=1, default=0, validators=[MinValueValidator(0)])
    kilometres = models.PositiveIntegerField("Kilometer", default=0)

    class Meta:
        verbose_name = "Tätigkeit"
        verbose_name_plural = "Tätigkeit"
        ordering = ["year"]
        constraints = [models.UniqueConstraint(fields=["volunteer", "year"], name="lotsen_activity_once")]

    def __str__(self):
        return str(self.year)
