"""Who volunteers. Every row here is about a person and goes with her."""

import uuid
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integration.wegweiser import spoken
from portal import languages
from portal.models import PersonalData
from portal.phones import validate_phone

from .page import KindOfHelp, LotsenSettings


class NoticeText(models.Model):
    """A privacy notice or consent, word by word as it was shown in one language. Made by lotsen/notices.py."""

    is_content = False
    for_coordinators = True

    class Purpose(models.TextChoices):
        SIGN_UP = "sign_up", "Datenschutzhinweis der Anmeldung"
        REQUEST = "request", "Datenschutzhinweis der Anfrage"
        NEWS = "news", "Einwilligung: Einladungen und Neuigkeiten"
        SHARE = "share", "Einwilligung: Weitergabe an andere Stellen"

    purpose = models.CharField("Zweck", max_length=10, choices=Purpose)
    language = models.CharField("Sprache", max_length=12)
    version = models.PositiveIntegerField("Fassung")
    body = models.TextField("Wortlaut")
    digest = models.CharField(max_length=64)  # SHA-256 of the body
    first_shown = models.DateTimeField("zum ersten Mal gezeigt", default=timezone.now)

    class Meta:
        verbose_name = "Datenschutzhinweis oder Einwilligung im Wortlaut"
        verbose_name_plural = "Datenschutzhinweise und Einwilligungen im Wortlaut"
        ordering = ["purpose", "language", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "language", "version"], name="lotsen_noticetext_version"),
            models.UniqueConstraint(fields=["purpose", "language", "digest"], name="lotsen_noticetext_once"),
        ]

    def __str__(self):
        return f"{self.get_purpose_display()}, Fassung {self.version} ({self.language})"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise ValidationError("Ein Wortlaut, der gezeigt worden ist, bleibt, wie er war.")
        super().save(*args, **kwargs)


class Person(PersonalData):
    """Who has written to the coordination herself (and proves her mail address), or was entered by it."""

    for_coordinators = True

    # Drawn when the form is shown: sending the same form twice finds the same row.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("Name", max_length=100)
    email = models.EmailField("E-Mail", blank=True)
    phone = models.CharField("Telefon", max_length=40, blank=True, validators=[validate_phone])
    language = models.CharField(
        "schreibt und liest am liebsten",
        max_length=12,
        choices=[(x.code, x.german_name) for x in languages.LANGUAGES],
        default=languages.SOURCE,
        help_text="In dieser Sprache schreibt das Portal.",
    )
    created = models.DateTimeField("eingegangen", default=timezone.now, editable=False)

    # Double opt-in: the token itself is in the mail and nowhere else.
    token_digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    token_expires = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField("E-Mail-Adresse bestätigt", null=True, blank=True, editable=False)

    notice = models.ForeignKey(
        NoticeText,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="gezeigter Datenschutzhinweis",
        help_text="Leer: von der Koordination eingetragen.",
    )
    restricted = models.BooleanField(
        "Verarbeitung eingeschränkt (Art. 18 DSGVO)",
        default=False,
        help_text="Bis die Frage geklärt ist, wird die Person weder eingeladen noch angeschrieben, und der Eintrag bleibt "
        "auch nach seiner Löschfrist.",
    )
    objection = models.TextField("Widerspruch (Art. 21 DSGVO)", max_length=1000, blank=True)
    keep_until = models.DateField(
        "nicht löschen vor dem", null=True, blank=True, help_text="Nur mit einem Grund, den Sie notieren."
    )
    # The day of deletion that the coordination has been told of (office/day.py).
    warned_of = models.DateField(null=True, editable=False)

    class Meta:
        abstract = True

    PREFIX = ""
    CONFIRM_LETTER = "confirm"  # the mail with the link (lotsen/mails.py)

    def __str__(self):
        return self.reference  # names stay out of logs, histories and other people's messages

    @classmethod
    def due(cls) -> models.QuerySet:
        """Nothing that is restricted, and of what is confirmed nothing that the coordination has not been told of."""
        return super().due().filter(~CONFIRMED | Q(warned_of=F("delete_after")), restricted=False)

    @property
    def reference(self) -> str:
        """A number to quote on the phone: the year and six signs of the id."""
        return f"{self.PREFIX}-{self.created:%Y}-{str(self.id)[:6].upper()}"

    @property
    def is_confirmed(self) -> bool:
        """Whoever gave no mail address is called; whoever was entered by the coordination has been spoken to."""
        return bool(self.confirmed_at or not self.email or not self.notice_id)

    def clean(self):
        super().clean()
        if not self.email and not self.phone:
            raise ValidationError("Bitte eine E-Mail-Adresse oder eine Telefonnummer angeben.")


CONFIRMED = Q(confirmed_at__isnull=False) | Q(email="") | Q(notice=None)


def reachable(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=~Q(email="") | ~Q(phone=""),
        name=name,
        violation_error_message="Bitte eine E-Mail-Adresse oder eine Telefonnummer angeben.",
    )


class PersonQuerySet(models.QuerySet):
    def confirmed(self):
        """An unconfirmed mail address is no application: nobody sees it, and it goes after some days."""
        return self.filter(CONFIRMED)

    def locked(self) -> list:
        """These rows, until the transaction ends. Always in this order, so that two who want several never wait for each
        other; and other rows may still be made that point to them."""
        return list(self.order_by("pk").select_for_update(of=("self",), no_key=True))


DAYS = {"mo": _("Montag"), "tu": _("Dienstag"), "we": _("Mittwoch"), "th": _("Donnerstag"), "fr": _("Freitag"),
        "sa": _("Samstag"), "su": _("Sonntag")}  # fmt: skip
PARTS = {"am": _("Vormittag"), "pm": _("Nachmittag"), "ev": _("Abend")}
SLOTS = [f"{day}-{part}" for day in DAYS for part in PARTS]


def validate_slots(slots):
    if not isinstance(slots, list) or not all(isinstance(slot, str) and slot in SLOTS for slot in slots):
        raise ValidationError("Unbekannte Zeit.")


class Volunteer(Person):
    """Somebody who wants to accompany newcomers, does so or did."""

    PREFIX = "L"

    class Stage(models.TextChoices):
        APPLIED = "applied", "angemeldet"
        INTERVIEW = "interview", "im Gespräch"
        TRAINING = "training", "in Schulung"
        ACTIVE = "active", "aktiv"
        PAUSED = "paused", "pausiert"
        LEFT = "left", "ausgeschieden"
        REJECTED = "rejected", "nicht aufgenommen"

    TRANSITIONS = {
        Stage.APPLIED: (Stage.INTERVIEW, Stage.REJECTED),
        Stage.INTERVIEW: (Stage.TRAINING, Stage.REJECTED),
        Stage.TRAINING: (Stage.ACTIVE, Stage.REJECTED),
        Stage.ACTIVE: (Stage.PAUSED, Stage.LEFT),
        Stage.PAUSED: (Stage.ACTIVE, Stage.LEFT),
        Stage.LEFT: (),
        Stage.REJECTED: (),
    }

    stage = models.CharField("Stand", max_length=10, choices=Stage, default=Stage.APPLIED, editable=False)
    stage_since = models.DateField("seit", default=timezone.localdate, editable=False)
    paused_until = models.DateField("Pause bis", null=True, blank=True)
    last_contact_on = models.DateField(
        "letzter Kontakt",
        default=timezone.localdate,
        help_text="Danach richtet sich, wann nachgefragt und wann gelöscht wird.",
    )
    adult = models.BooleanField("ist mindestens 18 Jahre alt", default=False)
    municipality = models.ForeignKey(
        "wegweiser.Municipality",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="wohnt in",
    )
    place = models.CharField(
        "PLZ oder Ort", max_length=100, blank=True, help_text="Wenn der Ort oben nicht zur Wahl steht."
    )
    areas = models.ManyToManyField(
        "wegweiser.Municipality",
        blank=True,
        related_name="+",
        verbose_name="hilft in",
        help_text="Leer: überall im Kreis.",
    )
    kinds = models.ManyToManyField(KindOfHelp, blank=True, related_name="volunteers", verbose_name="hilft bei")
    availability = models.JSONField("hat Zeit", default=list, blank=True, validators=[validate_slots])
    has_car = models.BooleanField("hat ein Auto", default=False)
    hours_week = models.PositiveSmallIntegerField("höchstens Stunden in der Woche", null=True, blank=True)
    message = models.TextField("Nachricht", max_length=1000, blank=True)
    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="betreut von",
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "Lotsin oder Lotse"
        verbose_name_plural = "Lotsinnen und Lotsen"
        ordering = ["-created"]
        indexes = [models.Index(fields=["stage", "stage_since"]), models.Index(fields=["email"])]
        constraints = [
            reachable("lotsen_volunteer_reachable"),
            models.CheckConstraint(
                condition=Q(municipality__isnull=False) | ~Q(place=""),
                name="lotsen_volunteer_somewhere",
                violation_error_message="Bitte den Wohnort angeben.",
            ),
            models.CheckConstraint(
                condition=Q(adult=True),
                name="lotsen_volunteer_adult",
                violation_error_message="Lotsinnen und Lotsen sind mindestens 18 Jahre alt.",
            ),
            models.CheckConstraint(
                condition=Q(paused_until=None) | Q(stage="paused"),
                name="lotsen_volunteer_paused",
                violation_error_message="„Pause bis“ gilt nur während einer Pause.",
            ),
        ]

    def save(self, *args, **kwargs):
        from ..retention import volunteer_goes

        self.email = self.email.strip().lower()
        self.delete_after = volunteer_goes(self, LotsenSettings.periods())
        if update_fields := kwargs.get("update_fields"):
            kwargs["update_fields"] = {*update_fields, "delete_after"}
        is_new = self._state.adding
        super().save(*args, **kwargs)
        for fulfilment in () if is_new else self.fulfilments.select_related("requirement"):
            fulfilment.follow()  # its own day to go depends on hers

    @classmethod
    def lock(cls, pk) -> None:
        """First the requests she has to do with: whoever takes a step with one of them locks it, and then her."""
        from .requests import AssistanceRequest

        AssistanceRequest.objects.filter(assignments__volunteer=pk).locked()
        super().lock(pk)

    @property
    def home(self) -> str:
        return self.municipality.name if self.municipality_id else self.place

    @property
    def next_stages(self) -> tuple[str, ...]:
        return self.TRANSITIONS[self.stage]

    @property
    def period_began(self) -> date:
        """Since when she is kept for a time and no longer (lotsen/retention.py)."""
        return self.stage_since if self.stage in (self.Stage.LEFT, self.Stage.REJECTED) else self.last_contact_on

    @property
    def waiting_days(self) -> int:
        """How long nothing has happened with her."""
        return (timezone.localdate() - self.stage_since).days

    def move(self, stage: str, on: date | None = None) -> None:
        """To the next stage; saves. Raises ValidationError for a move that is not allowed."""
        if stage not in self.next_stages:
            target = dict(self.Stage.choices).get(stage, stage)
            raise ValidationError(f"Von „{self.get_stage_display()}“ geht es nicht zu „{target}“.")
        self.stage, self.stage_since = stage, on or timezone.localdate()
        self.last_contact_on = self.stage_since
        if stage != self.Stage.PAUSED:
            self.paused_until = None
        self.save()
        if stage == self.Stage.REJECTED:
            # Who does not become active: at once (§ 72a Abs. 5 SGB VIII).
            self.fulfilments.filter(requirement__kind="record").delete()
        if stage in (self.Stage.LEFT, self.Stage.REJECTED):
            from ..company import steps

            steps.give_back_all(self)

    def erase(self):
        from ..retention import erase_volunteer

        erase_volunteer(self)


class VolunteerLanguage(models.Model):
    """A language somebody can help in. Asked for what it is good for, and never as "mother tongue"."""

    is_content = False
    for_coordinators = True

    class Level(models.TextChoices):
        A2 = "A2", _("etwas (A2)")
        B1 = "B1", _("für den Alltag (B1)")
        B2 = "B2", _("gut (B2)")
        C1 = "C1", _("sehr gut (C1)")
        C2 = "C2", _("wie meine erste Sprache (C2)")

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="languages")
    code = models.CharField("Sprache", max_length=12, choices=spoken.choices)
    level = models.CharField("wie gut", max_length=2, choices=Level, default=Level.B2)

    class Meta:
        verbose_name = "Sprache"
        verbose_name_plural = "Sprachen"
        ordering = ["-level", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["volunteer", "code"],
                name="lotsen_volunteerlanguage_once",
                violation_error_message="Diese Sprache steht schon da.",
            )
        ]

    def __str__(self):
        return f"{spoken.name(self.code)} ({self.level})"


class Note(models.Model):
    """What the coordination wants to remember. No health, no religion: the form says so."""

    is_content = False
    for_coordinators = True

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField(
        "Notiz", max_length=2000, help_text="Keine Angaben zu Gesundheit, Religion, Herkunft oder Aufenthalt."
    )
    created = models.DateTimeField("vom", default=timezone.now, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        verbose_name = "Notiz"
        verbose_name_plural = "Notizen"
        ordering = ["-created"]

    def __str__(self):
        return f"{timezone.localtime(self.created):%d.%m.%Y}"


class Consent(models.Model):
    """A yes to something that is not needed for volunteering; it can be taken back by a link in every mail."""

    is_content = False
    for_coordinators = True

    class Way(models.TextChoices):
        FORM = "form", "im Formular des Portals angekreuzt"
        PAPER = "paper", "auf Papier, eingetragen von der Koordination"

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(NoticeText, on_delete=models.PROTECT, related_name="+", verbose_name="Wortlaut")
    given_at = models.DateTimeField("gegeben", default=timezone.now)  # on paper: the beginning of that day
    way = models.CharField("wie", max_length=5, choices=Way, default=Way.FORM, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="eingetragen von",
    )
    withdrawn_at = models.DateTimeField("widerrufen", null=True, blank=True)

    class Meta:
        verbose_name = "Einwilligung"
        verbose_name_plural = "Einwilligungen"
        ordering = ["given_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
                name="lotsen_consent_withdrawn_after",
                violation_error_message="Widerrufen wird, was gegeben worden ist.",
            )
        ]

    def __str__(self):
        return str(self.text)


class Disclosure(models.Model):
    """Who else has got something about this person, for her right to know (Art. 15 GDPR)."""

    is_content = False
    for_coordinators = True

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="disclosures")
    at = models.DateTimeField("wann", default=timezone.now)
    what = models.CharField("was", max_length=200)
    to = models.CharField("an wen", max_length=200)

    class Meta:
        verbose_name = "Weitergabe"
        verbose_name_plural = "Weitergaben"
        ordering = ["-at"]

    def __str__(self):
        return self.what
