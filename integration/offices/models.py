from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.fields import SENSIBLE_TIME, LinkField, RichTextField
from portal.files import IMAGES, UploadField, UploadValidator, upload_path
from portal.models import Content, Illustrated, Reachable, refuse_loop
from portal.phones import validate_phone

YEAR = [MinValueValidator(1900), MaxValueValidator(2100)]


class Office(Content, Illustrated, Reachable):
    """Koordinierungsstelle, Integrationsbeauftragte, Fachstelle or Lotsen team: one model carries them all."""

    class Kind(models.TextChoices):
        COORDINATION = "coordination", _("Koordinierungsstelle")
        OFFICER = "officer", _("Integrationsbeauftragte")
        UNIT = "unit", _("Fachstelle")
        CENTRE = "centre", _("Kommunales Integrationszentrum")
        GUIDES = "guides", _("Integrationslotsinnen und Integrationslotsen")
        COUNCIL = "council", _("Integrationsrat")
        OTHER = "other", _("Weitere Stelle")

    search_fields = (
        "lead", "body", "tasks__title", "tasks__text", "contacts__role", "contacts__name",
        "working_groups__title", "working_groups__text", "topics__title", "funding", "funding_guideline",
        "diagrams__title", "diagrams__alt", "diagrams__description", "links__title", "street", "city", "kind",
    )  # fmt: skip

    kind = models.CharField("Art", max_length=20, choices=Kind, default=Kind.COORDINATION)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="gehört zu",
        help_text="Zum Beispiel die Fachstelle, in der diese Stelle arbeitet.",
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)
    lead = models.TextField("Einleitung", max_length=600, blank=True)
    body = RichTextField("Text", blank=True)
    founded_year = models.PositiveSmallIntegerField("eingerichtet im Jahr", null=True, blank=True, validators=YEAR)
    funding = models.CharField(
        "Förderung", max_length=300, blank=True, help_text="Wer die Stelle bezahlt oder fördert."
    )
    funding_guideline = models.CharField("Förderrichtlinie", max_length=200, blank=True)
    funded_since = models.PositiveSmallIntegerField("gefördert seit", null=True, blank=True, validators=YEAR)
    topics = models.ManyToManyField(
        "topics.Term",
        blank=True,
        limit_choices_to={"vocabulary": "topic"},
        related_name="offices",
        verbose_name="Schwerpunkte",
    )
    tasks_heading = models.CharField(
        "Überschrift der Aufgaben", max_length=100, blank=True, help_text="Leer: „Aufgaben“."
    )
    no_advice = models.BooleanField(
        "ist keine Beratungsstelle", default=False, help_text="Zeigt einen Hinweis und den Weg zur Beratung."
    )
    advice_link = LinkField("Weg zur Beratung", blank=True)

    class Meta(Content.Meta):
        verbose_name = "Stelle"
        verbose_name_plural = "Stellen"
        ordering = ["order", "title_de"]

    def get_absolute_url(self):
        return reverse("offices:detail", args=[self.slug])

    def clean(self):
        super().clean()
        refuse_loop(self)


class Part(models.Model):
    """A row that belongs to an office (`office`) and is shown on its page, in order."""

    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        abstract = True
        ordering = ["order", "pk"]


class Task(Part):
    """What the office is there for, with the evidence that it does it."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField("Aufgabe", max_length=300)
    text = models.TextField("Erläuterung", max_length=1000, blank=True)
    projects = models.ManyToManyField(
        "projects.Project", blank=True, related_name="tasks", verbose_name="Projekte dazu"
    )
    publications = models.ManyToManyField(
        "publications.Publication", blank=True, related_name="tasks", verbose_name="Veröffentlichungen dazu"
    )
    events = models.ManyToManyField(
        "events.Event", blank=True, related_name="tasks", verbose_name="Veranstaltungen dazu"
    )

    class Meta(Part.Meta):
        verbose_name = "Aufgabe"
        verbose_name_plural = "Aufgaben"

    def __str__(self):
        return self.title


class ContactPerson(Part):
    """Who can be reached for what; a function may stand without a name."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField("Name", max_length=100, blank=True, help_text="Nur mit Einverständnis der Person.")
    role = models.CharField("zuständig für", max_length=200, blank=True)
    phone = models.CharField("Telefon", max_length=40, blank=True, validators=[validate_phone])
    email = models.EmailField("E-Mail", blank=True)
    room = models.CharField("Raum", max_length=50, blank=True)

    class Meta(Part.Meta):
        verbose_name = "Ansprechperson"
        verbose_name_plural = "Ansprechpersonen"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name="") | (models.Q(role_de__isnull=False) & ~models.Q(role_de="")),
                name="offices_contactperson_name_or_role",
                violation_error_message="Bitte einen Namen oder eine Zuständigkeit angeben.",
            ),
            models.CheckConstraint(
                condition=~models.Q(phone="") | ~models.Q(email=""),
                name="offices_contactperson_reachable",
                violation_error_message="Bitte Telefon oder E-Mail angeben.",
            ),
        ]

    def __str__(self):
        return self.name or self.role


class Diagram(Part):
    """A picture of who is responsible for what, and the same in words."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="diagrams")
    title = models.CharField("Titel", max_length=200)
    image = UploadField("Bild", upload_to=upload_path, validators=[UploadValidator(IMAGES)])
    alt = models.CharField("Bild in einem Satz", max_length=250, help_text="Für alle, die das Bild nicht sehen.")
    description = RichTextField("Bild in Worten", help_text="Alles, was das Bild zeigt, als Text oder Liste.")

    class Meta(Part.Meta):
        verbose_name = "Schaubild"
        verbose_name_plural = "Schaubilder"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(alt_de__isnull=False) & ~models.Q(alt_de=""),
                name="offices_diagram_in_words",
                violation_error_message="Ein Schaubild braucht einen Satz für alle, die es nicht sehen.",
            )
        ]

    def __str__(self):
        return self.title

    def get_image_url(self):
        return reverse("offices:diagram", args=[self.office.slug, self.pk])


class OfficeLink(Part):
    """A pointer to somebody else's information."""

    LINK_TEXT = "title"

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="links")
    title = models.CharField("Titel", max_length=200)
    link = LinkField("Ziel")

    class Meta(Part.Meta):
        verbose_name = "Link"
        verbose_name_plural = "Links"

    def __str__(self):
        return self.title


class WorkingGroup(Part):
    """A round that meets regularly (Arbeitskreis)."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="working_groups")
    title = models.CharField("Name", max_length=200)
    text = models.TextField("Beschreibung", max_length=1000, blank=True)

    class Meta(Part.Meta):
        verbose_name = "Arbeitskreis"
        verbose_name_plural = "Arbeitskreise"

    def __str__(self):
        return self.title


class Meeting(models.Model):
    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="meetings")
    starts_at = models.DateTimeField("Beginn", validators=SENSIBLE_TIME)
    place = models.CharField("Ort", max_length=200, blank=True)
    subject = models.CharField("Thema", max_length=200, blank=True)

    class Meta:
        verbose_name = "Sitzung"
        verbose_name_plural = "Sitzungen"
        ordering = ["starts_at"]

    def __str__(self):
        return f"{self.starts_at:%d.%m.%Y}"
