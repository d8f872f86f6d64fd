"""Who asks for company, and who goes. Nothing is kept here about the person who is accompanied."""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from integration.wegweiser import spoken

from .page import KindOfHelp, LotsenSettings
from .people import Person, PersonQuerySet, Volunteer, reachable


class AssistanceRequest(Person):
    """Somebody is to be accompanied to an appointment. Name, mail and phone are those of who asks."""

    PREFIX = "A"
    CONFIRM_LETTER = "confirm_request"

    class Status(models.TextChoices):
        NEW = "new", "neu"
        SEARCHING = "searching", "Einladungen verschickt"
        MATCHED = "matched", "jemand geht mit"
        DONE = "done", "erledigt"
        UNMET = "unmet", "niemand gefunden"
        CANCELLED = "cancelled", "abgesagt"
        NO_SHOW = "no_show", "niemand ist gekommen"

    OPEN = (Status.NEW, Status.SEARCHING, Status.MATCHED)

    institution = models.CharField("Einrichtung", max_length=150, blank=True, help_text="Leer: eine Privatperson.")
    status = models.CharField("Stand", max_length=10, choices=Status, default=Status.NEW, editable=False, db_index=True)
    closed_at = models.DateTimeField("abgeschlossen", null=True, editable=False)
    spoken = models.CharField("gebrauchte Sprache", max_length=12, choices=spoken.choices)
    kind = models.ForeignKey(KindOfHelp, on_delete=models.PROTECT, related_name="+", verbose_name="Worum geht es?")
    municipality = models.ForeignKey(
        "wegweiser.Municipality", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="Ort"
    )
    destination = models.ForeignKey(
        "wegweiser.ServiceAtLocation",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="Ziel aus dem Wegweiser",
    )
    place = models.CharField("Treffpunkt oder Adresse", max_length=200, blank=True)
    starts_at = models.DateTimeField("Beginn", db_index=True)
    ends_at = models.DateTimeField("voraussichtliches Ende")
    note = models.TextField(
        "Was sollte die Begleitung wissen?",
        max_length=300,
        blank=True,
        help_text="Keine Namen von Begleiteten, keine Angaben zu Gesundheit oder Aufenthalt.",
    )

    # When the coordination was told that of those invited nobody is left who could say yes.
    told_nobody_left = models.DateTimeField(null=True, editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "Anfrage nach Begleitung"
        verbose_name_plural = "Anfragen nach Begleitung"
        ordering = ["starts_at"]
        constraints = [
            reachable("lotsen_request_reachable"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="lotsen_request_period",
                violation_error_message="Das Ende muss nach dem Beginn liegen.",
            ),
            models.CheckConstraint(
                condition=Q(destination__isnull=False) | ~Q(place="") | Q(municipality__isnull=False),
                name="lotsen_request_somewhere",
                violation_error_message="Bitte sagen, wohin es geht.",
            ),
        ]

    def save(self, *args, **kwargs):
        from ..retention import request_goes

        self.email = self.email.strip().lower()
        self.delete_after = request_goes(self, LotsenSettings.periods())
        if self.destination_id and not self.municipality_id:
            self.municipality = self.destination.location.municipality  # stays when the destination is deleted
        super().save(*args, **kwargs)

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_past(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def period_began(self) -> date:
        return timezone.localtime(self.ends_at).date()

    @property
    def accepted(self) -> "Assignment | None":
        return self.assignments.filter(status__in=Assignment.TAKEN).select_related("volunteer").first()

    def erase(self):
        from ..retention import erase_request

        erase_request(self)


class Assignment(models.Model):
    """A volunteer is asked to go with somebody; of all who are asked, one goes.

    When the volunteer's data are erased, hours and kilometres stay with the request, without her.
    """

    is_content = False
    for_coordinators = True

    class Status(models.TextChoices):
        INVITED = "invited", "eingeladen"
        ACCEPTED = "accepted", "geht mit"
        DECLINED = "declined", "kann nicht"
        WITHDRAWN = "withdrawn", "nicht mehr nötig"
        CANCELLED = "cancelled", "hat wieder abgesagt"
        DONE = "done", "war dabei"
        NO_SHOW = "no_show", "ist nicht gekommen"

    TAKEN = (Status.ACCEPTED, Status.DONE)

    request = models.ForeignKey(
        AssistanceRequest, on_delete=models.CASCADE, related_name="assignments", verbose_name="Anfrage"
    )
    volunteer = models.ForeignKey(
        Volunteer,
        on_delete=models.SET_NULL,
        null=True,
        related_name="assignments",
        verbose_name="Lotsin oder Lotse",
    )
    status = models.CharField("Stand", max_length=10, choices=Status, default=Status.INVITED)
    invited_at = models.DateTimeField("eingeladen", default=timezone.now)
    invited_until = models.DateTimeField("Antwort bis")
    responded_at = models.DateTimeField("geantwortet", null=True, blank=True)
    hours = models.DecimalField(
        "Stunden",
        max_digits=4,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(24)],
    )
    kilometres = models.PositiveSmallIntegerField(
        "Kilometer", null=True, blank=True, validators=[MaxValueValidator(1000)]
    )
    reported_at = models.DateTimeField("gemeldet", null=True, blank=True)
    report_asked_on = models.DateField("nach dem Bericht gefragt", null=True, editable=False)
    report_reminded_on = models.DateField("an den Bericht erinnert", null=True, editable=False)

    class Meta:
        verbose_name = "Einladung"
        verbose_name_plural = "Einladungen"
        ordering = ["-invited_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "volunteer"],
                name="lotsen_assignment_once",
                violation_error_message="Diese Person ist schon eingeladen.",
            ),
            # The first who accepts goes, whatever happens at the same moment.
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(status__in=("accepted", "done")),
                name="lotsen_assignment_one_goes",
                violation_error_message="Es geht schon jemand mit.",
            ),
        ]

    def __str__(self):
        return f"{self.request}: {self.get_status_display()}"

    def clean(self):
        super().clean()
        if self.hours is not None and self.status != self.Status.DONE:
            raise ValidationError({"hours": "Stunden gibt es, wenn die Begleitung stattgefunden hat."})
