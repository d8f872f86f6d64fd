"""What the office says about its volunteers, and how it works with them. Nothing here is about a person."""

from functools import cache

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.fields import RichTextField
from portal.icons import ICONS
from portal.models import Publishable, Slugged, Translated


class LotsenPage(Translated, Publishable):
    """The public page. There is one."""

    search_fields = ("lead", "body", "expectations", "training", "company")

    title = models.CharField("Titel", max_length=200)
    lead = models.TextField("Einleitung", max_length=600, blank=True)
    body = RichTextField("Wer die Lotsinnen und Lotsen sind", blank=True)
    expectations = RichTextField(
        "Was Freiwillige erwartet",
        blank=True,
        help_text="Wie viel Zeit es braucht, was es dafür gibt, wer unterstützt.",
    )
    training = RichTextField("Schulung", blank=True)
    company = RichTextField(
        "Begleitung anfragen", blank=True, help_text="Wer anfragen kann, wie früh, und was Lotsen nicht tun."
    )
    office = models.ForeignKey(
        "offices.Office",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name="Kontakt",
        help_text="Diese Stelle steht als Kontakt auf der Seite, auch für alle, die lieber anrufen oder vorbeikommen.",
    )

    class Meta(Publishable.Meta):
        verbose_name = "Seite der Integrationslotsen"
        verbose_name_plural = "Seite der Integrationslotsen"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(condition=Q(pk=1), name="lotsen_page_only_one"),
            models.CheckConstraint(
                condition=Q(title_de__isnull=False) & ~Q(title_de=""),
                name="lotsen_page_german_title",
                violation_error_message="Der deutsche Titel fehlt.",
            ),
        ]

    def __str__(self):
        return self.title

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("lotsen:page")

    def languages_available(self):
        """As for contents (portal/models.py): the languages this page has been translated into."""
        return [code for code in languages.BY_CODE if getattr(self, build_localized_fieldname("title", code))]


class Voice(models.Model):
    """What somebody says of it; never with a name or a picture of a real person."""

    page = models.ForeignKey(LotsenPage, on_delete=models.CASCADE, related_name="voices")
    text = models.TextField("Zitat", max_length=500)
    who = models.CharField(
        "Wer spricht?",
        max_length=100,
        help_text="Ohne Namen, zum Beispiel „Eine Lotsin, seit drei Jahren dabei“. Nur mit Einverständnis.",
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Stimme"
        verbose_name_plural = "Stimmen"
        ordering = ["order", "pk"]

    def __str__(self):
        return self.who


class KindOfHelp(Slugged, Translated):
    """What volunteers help with: they choose from it, and so do those who ask for company."""

    title = models.CharField("Bezeichnung", max_length=100)
    text = models.TextField("Erläuterung", max_length=300, blank=True)
    icon = models.CharField("Symbol", max_length=30, choices=ICONS, blank=True)
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)
    offered = models.BooleanField(
        "wird angeboten", default=True, help_text="Aus: steht in keinem Formular mehr, bleibt aber bei den Einträgen."
    )

    class Meta:
        verbose_name = "Art der Hilfe"
        verbose_name_plural = "Arten der Hilfe"
        ordering = ["order", "title_de"]
        constraints = [
            models.CheckConstraint(
                condition=Q(title_de__isnull=False) & ~Q(title_de=""),
                name="lotsen_kindofhelp_german_title",
                violation_error_message="Die deutsche Bezeichnung fehlt.",
            )
        ]

    def __str__(self):
        return self.title


def days(name: str, default: int, **options) -> models.PositiveSmallIntegerField:
    """A period in days; a day at least, ten years at most."""
    limits = [MinValueValidator(1), MaxValueValidator(3660)]
    return models.PositiveSmallIntegerField(name, default=default, validators=limits, **options)


class LotsenSettings(Translated):
    """How this office works with its volunteers. There is one row."""

    is_content = False
    for_coordinators = True
    has_versions = True

    class Asking(models.TextChoices):
        NOBODY = "nobody", "niemand (kein Formular)"
        INSTITUTIONS = "institutions", "nur Einrichtungen, zum Beispiel Schulen, Ämter und Praxen"
        EVERYBODY = "everybody", "Einrichtungen und Privatpersonen"

    class Level(models.TextChoices):
        """Of the Common European Framework of Reference for Languages, and beyond."""

        A2 = "A2", "A2"
        B1 = "B1", "B1"
        B2 = "B2", "B2"
        C1 = "C1", "C1"
        C2 = "C2", "C2"

    sign_up_open = models.BooleanField("Anmeldung im Portal möglich", default=True)
    coordinator_email = models.EmailField(
        "E-Mail der Koordination",
        blank=True,
        help_text="Hierhin kommen Nachrichten des Portals, ohne Angaben zu Personen. Leer: an die Adresse des Portals.",
    )
    answer_days = days("eine neue Anmeldung soll beantwortet sein nach … Tagen", 7)

    asking = models.CharField("Begleitung anfragen dürfen", max_length=20, choices=Asking, default=Asking.INSTITUTIONS)
    lead_days = models.PositiveSmallIntegerField("Anfragen mindestens … Tage vorher", default=5)
    invitation_hours = models.PositiveSmallIntegerField("eine Einladung gilt … Stunden", default=72)
    level = models.CharField("so gut soll die Sprache mindestens sein", max_length=2, choices=Level, default=Level.B1)
    hours_week = models.PositiveSmallIntegerField(
        "höchstens … Stunden in der Woche",
        default=6,
        help_text="Gilt für alle, die selbst nichts anderes angegeben haben.",
    )

    unconfirmed_days = days("Anmeldung und Anfrage ohne bestätigte E-Mail-Adresse: … Tage", 7)
    rejected_days = days("nicht aufgenommen: … Tage", 90)
    review_days = days("ohne Kontakt: nach … Tagen nachfragen", 365)
    inactive_days = days("ohne Kontakt: nach … Tagen löschen", 730)
    left_days = days("ausgeschieden: … Tage", 90)
    record_days = days(
        "Angaben zum Führungszeugnis nach dem Ausscheiden: … Tage",
        90,
        help_text="Wer gar nicht erst tätig wird, dessen Angaben werden sofort gelöscht (§ 72a Abs. 5 SGB VIII).",
    )
    request_days = days("Anfrage nach dem Termin: … Tage", 183)
    warning_days = days("vor dem Löschen Nachricht an die Koordination: … Tage", 14)

    legal_basis = models.TextField(
        "Rechtsgrundlage",
        max_length=500,
        blank=True,
        help_text="Im Datenschutzhinweis. Leer: Art. 6 Abs. 1 Buchst. e DSGVO mit dem Datenschutzgesetz des Landes.",
    )
    recipients = models.TextField(
        "Empfänger",
        max_length=500,
        blank=True,
        help_text="Wer die Angaben außer der Koordination bekommt, zum Beispiel die Volkshochschule. Leer: niemand.",
    )
    privacy_extra = models.TextField("weitere Angaben im Datenschutzhinweis", max_length=2000, blank=True)
    consent_news = models.TextField(
        "Einwilligung: Einladungen und Neuigkeiten",
        max_length=300,
        blank=True,
        help_text="Zum Beispiel „Ich möchte Einladungen zu Treffen per E-Mail bekommen.“ Leer: Danach wird nicht gefragt.",
    )
    consent_share = models.TextField(
        "Einwilligung: Weitergabe an andere Stellen",
        max_length=300,
        blank=True,
        help_text="Nennen Sie die Stelle und den Zweck. Leer: Danach wird nicht gefragt.",
    )

    certificate_place = models.CharField("Ort auf der Bescheinigung", max_length=100, blank=True)
    certificate_signature = models.CharField(
        "Unterschrift auf der Bescheinigung", max_length=200, blank=True, help_text="Zum Beispiel „Koordination“."
    )

    class Meta:
        verbose_name = "Einstellungen"
        verbose_name_plural = "Einstellungen"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="lotsen_settings_only_one")]

    def __str__(self):
        return "Einstellungen der Integrationslotsen"

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> "LotsenSettings":
        return cls.objects.first() or cls()

    @classmethod
    def periods(cls) -> "LotsenSettings":
        """To be read, whenever a person is saved: only the days, without the texts in all languages."""
        days = [field.name for field in cls._meta.fields if field.name.endswith("_days")]
        return cls.objects.only(*days).first() or as_installed()


@cache
def as_installed() -> LotsenSettings:
    """Made once: with a default for each text in each language that takes longer than a query."""
    return LotsenSettings()


class MailText(Translated):
    """How the office words a mail. What is left empty is said in the portal's own words (lotsen/mails.py)."""

    is_content = False
    for_coordinators = True
    has_versions = True

    key = models.CharField(max_length=40, unique=True, null=True, editable=False)
    name = models.CharField("Vorlage", max_length=100)
    subject = models.CharField("Betreff", max_length=150, blank=True)
    body = models.TextField("Text", max_length=4000, blank=True)

    class Meta:
        verbose_name = "Text einer E-Mail"
        verbose_name_plural = "Texte der E-Mails"
        ordering = ["name"]

    def __str__(self):
        return self.name
