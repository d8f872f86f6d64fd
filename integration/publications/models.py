from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import languages, pdfs
from portal.files import DOCUMENTS, UploadField, UploadValidator, ending, upload_path
from portal.models import Content, Slugged, Translated

YEAR = [MinValueValidator(1950), MaxValueValidator(2100)]


class Series(Slugged, Translated):
    """Reports that belong together, one for each year or two."""

    title = models.CharField("Titel", max_length=200)
    text = models.TextField("Beschreibung", max_length=600, blank=True)
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Reihe"
        verbose_name_plural = "Reihen"
        ordering = ["order", "title_de"]

    def __str__(self):
        return self.title


class Publication(Content):
    class Kind(models.TextChoices):
        CONCEPT = "concept", _("Konzept")
        REPORT = "report", _("Bericht")
        PAPER = "paper", _("Arbeitspapier")
        BROCHURE = "brochure", _("Broschüre")
        FLYER = "flyer", _("Flyer")
        OVERVIEW = "overview", _("Übersicht")
        CONTACTS = "contacts", _("Kontaktliste")
        OTHER = "other", _("Weiteres")

    search_fields = ("summary", "series__title", "topics__title", "kind")

    kind = models.CharField("Art", max_length=20, choices=Kind, default=Kind.OTHER)
    summary = models.TextField(
        "Begleittext", max_length=1500, blank=True, help_text="Was drin steht und für wen es ist."
    )
    year = models.PositiveSmallIntegerField("Jahr", null=True, blank=True, validators=YEAR)
    year_until = models.PositiveSmallIntegerField(
        "bis Jahr", null=True, blank=True, validators=YEAR, help_text="Für Zeiträume wie 2020/2021."
    )
    series = models.ForeignKey(
        Series, on_delete=models.SET_NULL, null=True, blank=True, related_name="publications", verbose_name="Reihe"
    )
    office = models.ForeignKey(
        "offices.Office",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="publications",
        verbose_name="herausgegeben von",
    )
    topics = models.ManyToManyField(
        "topics.Term",
        blank=True,
        limit_choices_to={"vocabulary": "topic"},
        related_name="publications",
        verbose_name="Themen",
    )

    class Meta(Content.Meta):
        verbose_name = "Veröffentlichung"
        verbose_name_plural = "Veröffentlichungen"
        ordering = [F("year").desc(nulls_last=True), "title_de"]
        constraints = [
            *Content.Meta.constraints,
            models.CheckConstraint(
                condition=Q(year_until=None) | Q(year__isnull=False, year_until__gt=F("year")),
                name="publications_publication_years",
                violation_error_message="„Bis Jahr“ muss nach dem Jahr liegen.",
            ),
        ]

    def get_absolute_url(self):
        return reverse("publications:detail", args=[self.slug])

    @property
    def years(self):
        """ "2019", or "2020/2021" as on the covers."""
        return f"{self.year}/{self.year_until}" if self.year_until else str(self.year or "")


class PublicationFile(models.Model):
    """The document in one language."""

    class Accessibility(models.TextChoices):
        TESTED = "tested", _("barrierefrei, geprüft")
        PARTLY = "partly", _("teilweise barrierefrei")
        NOT = "not", _("nicht barrierefrei – wir helfen auf Anfrage")
        UNKNOWN = "unknown", _("Barrierefreiheit nicht geprüft")

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="files")
    language = models.CharField(
        "Sprache",
        max_length=12,
        choices=[(x.code, x.german_name) for x in languages.LANGUAGES],
        default=languages.SOURCE,
    )
    file = UploadField("Datei", upload_to=upload_path, validators=[UploadValidator(DOCUMENTS)])
    size = models.PositiveIntegerField("Größe in Byte", default=0, editable=False)
    uploaded_on = models.DateField("hochgeladen am", null=True, editable=False)
    accessibility = models.CharField(
        "Barrierefreiheit",
        max_length=10,
        choices=Accessibility,
        default=Accessibility.UNKNOWN,
        help_text="Was ein Mensch geprüft hat. „Nicht geprüft“: Das Portal zeigt, was seine eigene Prüfung ergibt.",
    )
    failed_checks = models.JSONField(default=list, editable=False)
    checked_on = models.DateField("automatisch geprüft am", null=True, editable=False)

    class Meta:
        verbose_name = "Datei"
        verbose_name_plural = "Dateien (eine je Sprache)"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["publication", "language"],
                name="publications_file_per_language",
                violation_error_message="In dieser Sprache gibt es schon eine Datei.",
            )
        ]

    def __str__(self):
        return f"{self.publication} ({self.get_language_display()})"

    def save(self, *args, **kwargs):
        if not self.file._committed:
            self.uploaded_on = timezone.localdate()
            self.inspect()
            self.file.save(self.file.name, self.file.file, save=False)  # a picture has another size after this
            self.size = self.file.size
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("publications:file", args=[self.publication.slug, self.language, ending(self.file.name)])

    def clean(self):
        super().clean()
        if self.file and not self.file._committed:
            self.inspect()
        if self.accessibility == self.Accessibility.TESTED and (found := pdfs.barriers(self.failed_checks)):
            raise ValidationError(
                {
                    "accessibility": "„Barrierefrei, geprüft“ passt nicht zu dem, was die automatische Prüfung gefunden "
                    f"hat: {'; '.join(check.failed for check in found)}. Bitte die Datei verbessern oder etwas anderes "
                    "auswählen."
                }
            )

    def inspect(self):
        """What a machine can tell. A picture of a text is no text."""
        self.failed_checks = pdfs.failed_checks(self.file) if ending(self.file.name) == "pdf" else ["text"]
        self.checked_on = timezone.localdate()

    @property
    def shown_accessibility(self):
        """A person's word counts where there is one and no machine disproves it; a machine alone proves only faults."""
        found = pdfs.barriers(self.failed_checks)
        if not found or self.accessibility in {self.Accessibility.PARTLY, self.Accessibility.NOT}:
            return self.Accessibility(self.accessibility)
        return self.Accessibility.NOT if any(check.bars for check in found) else self.Accessibility.PARTLY

    @property
    def type(self):
        return ending(self.file.name).upper().replace("JPEG", "JPG")

    @property
    def language_name(self):
        return languages.BY_CODE[self.language].name

    @property
    def direction(self):
        return languages.direction(self.language)
