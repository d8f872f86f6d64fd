"""What a volunteer has to have before she goes, and what she has."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from integration.wegweiser.models import months_later
from portal.models import PersonalData, Translated

from .page import KindOfHelp, LotsenSettings
from .people import Volunteer


class Requirement(Translated):
    """Something to have before going: a training, a signed declaration, a look at the certificate of conduct."""

    for_coordinators = True

    class Kind(models.TextChoices):
        TRAINING = "training", "Schulung"
        DECLARATION = "declaration", "unterschriebene Erklärung"
        RECORD = "record", "erweitertes Führungszeugnis"

    kind = models.CharField("Art", max_length=12, choices=Kind, default=Kind.TRAINING)
    title = models.CharField("Bezeichnung", max_length=100)
    text = models.TextField("Erläuterung", max_length=500, blank=True)
    units = models.PositiveSmallIntegerField(
        "Unterrichtseinheiten",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text="Bei Schulungen: erfüllt, sobald so viele Einheiten besucht sind. Leer: ein Besuch genügt.",
    )
    valid_months = models.PositiveSmallIntegerField(
        "gilt … Monate",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(240)],
        help_text="Leer: für immer. Beim Führungszeugnis sind 60 Monate üblich.",
    )
    mandatory = models.BooleanField(
        "Pflicht", default=True, help_text="Ohne sie schlägt das Portal niemanden für eine Begleitung vor."
    )
    kinds = models.ManyToManyField(
        KindOfHelp,
        blank=True,
        related_name="requirements",
        verbose_name="nur für",
        help_text="Leer: für alle Begleitungen. Das Führungszeugnis zum Beispiel nur für Hilfe mit Kindern.",
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Voraussetzung"
        verbose_name_plural = "Voraussetzungen"
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(title_de__isnull=False) & ~Q(title_de=""),
                name="lotsen_requirement_german_title",
                violation_error_message="Die deutsche Bezeichnung fehlt.",
            ),
            models.CheckConstraint(
                condition=Q(units=None) | Q(kind="training"),
                name="lotsen_requirement_units_of_training",
                violation_error_message="Unterrichtseinheiten gibt es nur bei Schulungen.",
            ),
        ]

    def __str__(self):
        return self.title

    def expiry(self, fulfilled_on: date) -> date | None:
        return months_later(fulfilled_on, self.valid_months) if self.valid_months else None


class Fulfilment(PersonalData):
    """A requirement that a volunteer meets. Of a certificate of conduct only the dates are kept, and only where it says
    nothing that matters (§ 72a Abs. 5 SGB VIII): whoever may not go is rejected, and the row is not made."""

    for_coordinators = True
    RECORD_AGE = 92  # days; a certificate of conduct older than three months is not accepted

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="fulfilments")
    requirement = models.ForeignKey(
        Requirement, on_delete=models.PROTECT, related_name="fulfilments", verbose_name="Voraussetzung"
    )
    fulfilled_on = models.DateField("erfüllt oder eingesehen am", default=timezone.localdate)
    issued_on = models.DateField(
        "ausgestellt am", null=True, blank=True, help_text="Nur beim Führungszeugnis: höchstens drei Monate alt."
    )
    expires_on = models.DateField("gilt bis", null=True, blank=True, editable=False)
    by_attendance = models.BooleanField("aus besuchten Schulungen", default=False, editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name="eingesehen von",
    )
    # When she was last told that it runs out (training/day.py).
    reminded_on = models.DateField(null=True, editable=False)

    class Meta:
        verbose_name = "erfüllte Voraussetzung"
        verbose_name_plural = "erfüllte Voraussetzungen"
        ordering = ["-fulfilled_on"]
        constraints = [
            models.UniqueConstraint(
                fields=["volunteer", "requirement", "fulfilled_on"], name="lotsen_fulfilment_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(issued_on=None) | Q(issued_on__lte=F("fulfilled_on")),
                name="lotsen_fulfilment_issued_before",
                violation_error_message="Das Führungszeugnis muss vor der Einsicht ausgestellt sein.",
            ),
        ]

    def __str__(self):
        return str(self.requirement)

    def save(self, *args, **kwargs):
        from ..retention import fulfilment_goes

        self.expires_on = self.requirement.expiry(self.fulfilled_on)
        self.delete_after = fulfilment_goes(self, LotsenSettings.periods())
        super().save(*args, **kwargs)
        if self.requirement.kind == Requirement.Kind.RECORD:
            looks = Fulfilment.objects.filter(volunteer=self.volunteer_id, requirement=self.requirement_id)
            newest = looks.order_by("-fulfilled_on").first()
            looks.exclude(pk=newest.pk).delete()  # no more of it than is needed

    @classmethod
    def due(cls) -> models.QuerySet:
        """By itself goes only what is known of a certificate of conduct; all else goes with the volunteer, and stays as
        long as she is kept. The law that limits it knows no exception for her (§ 72a Abs. 5 SGB VIII)."""
        return super().due().filter(requirement__kind=Requirement.Kind.RECORD, volunteer__stage=Volunteer.Stage.LEFT)

    def follow(self) -> None:
        """The volunteer's own day to go has changed."""
        from ..retention import fulfilment_goes

        day = fulfilment_goes(self, LotsenSettings.periods())
        if day != self.delete_after:
            Fulfilment.objects.filter(pk=self.pk).update(delete_after=day)

    def clean(self):
        super().clean()
        if not self.requirement_id or not self.fulfilled_on:
            return
        is_record = self.requirement.kind == Requirement.Kind.RECORD
        if is_record and not self.issued_on:
            raise ValidationError({"issued_on": "Wann ist das Führungszeugnis ausgestellt worden?"})
        if not is_record and self.issued_on:
            raise ValidationError({"issued_on": "Nur beim Führungszeugnis."})
        if self.fulfilled_on > timezone.localdate():
            raise ValidationError({"fulfilled_on": "Der Tag liegt in der Zukunft."})
        if is_record and (self.fulfilled_on - self.issued_on).days > self.RECORD_AGE:
            raise ValidationError({"issued_on": "Das Führungszeugnis ist älter als drei Monate."})


class Training(models.Model):
    """An event, public or not, with a list of who came."""

    is_content = False
    for_coordinators = True

    event = models.OneToOneField(
        "events.Event",
        on_delete=models.CASCADE,
        related_name="lotsen_training",
        verbose_name="Veranstaltung",
        help_text="Zeit und Ort stehen dort; die Redaktion legt sie an. Ein Entwurf genügt, wenn sie nicht öffentlich "
        "sein soll.",
    )
    requirement = models.ForeignKey(
        Requirement,
        on_delete=models.PROTECT,
        related_name="trainings",
        limit_choices_to={"kind": Requirement.Kind.TRAINING},
        verbose_name="zählt für",
    )
    units = models.PositiveSmallIntegerField(
        "Unterrichtseinheiten", default=1, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )

    class Meta:
        verbose_name = "Schulung"
        verbose_name_plural = "Schulungen"
        ordering = ["-event__starts_at"]

    def __str__(self):
        return f"{self.event}, {timezone.localtime(self.event.starts_at):%d.%m.%Y}"


class Attendance(models.Model):
    """That a volunteer is expected at a training, and whether she came.

    When her data are erased, it stays with the training that somebody came.
    """

    is_content = False
    for_coordinators = True

    class State(models.TextChoices):
        EXPECTED = "expected", "angemeldet"
        ATTENDED = "attended", "war da"
        ABSENT = "absent", "war nicht da"

    training = models.ForeignKey(Training, on_delete=models.CASCADE, related_name="attendances")
    volunteer = models.ForeignKey(
        Volunteer,
        on_delete=models.SET_NULL,
        null=True,
        related_name="attendances",
        verbose_name="Lotsin oder Lotse",
    )
    state = models.CharField("Teilnahme", max_length=10, choices=State, default=State.EXPECTED)

    class Meta:
        verbose_name = "Teilnahme"
        verbose_name_plural = "Teilnahmen"
        constraints = [
            models.UniqueConstraint(
                fields=["training", "volunteer"],
                name="lotsen_attendance_once",
                violation_error_message="Diese Person steht schon auf der Liste.",
            )
        ]

    def __str__(self):
        return f"{self.volunteer or 'gelöscht'}: {self.get_state_display()}"
