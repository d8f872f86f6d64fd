"""The directory in the words of the Human Services Data Specification (HSDS): an organization offers services,
a service is there at locations. Opening hours, contacts and spoken languages belong to one of them."""

import calendar
import uuid
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import (
    Content,
    Identified,
    PersonalData,
    PublishableQuerySet,
    Slugged,
    Translated,
    refuse_loop,
)
from portal.phones import validate_phone

from . import spoken
from .weekdays import WEEKDAYS, validate_days

IMPORT_KEY = {
    "max_length": 120,
    "null": True,
    "blank": True,
    "unique": True,
    "verbose_name": "Schlüssel für den Import",
    "help_text": "Daran erkennt ein Import den Eintrag wieder, zum Beispiel die Nummer aus einer Liste.",
}


LISTED = ("active", "temporarily closed")
AT_LEAST_ONE = [MinValueValidator(1)]


def exactly_one(name: str, *fields: str) -> models.CheckConstraint:
    """A row belongs to one parent and no other (HSDS)."""
    condition = Q()
    for chosen in fields:
        condition |= Q(**{f"{field}__isnull": field != chosen for field in fields})
    return models.CheckConstraint(
        condition=condition, name=name, violation_error_message="Der Eintrag muss zu genau einem anderen gehören."
    )


class Municipality(Identified, Slugged):
    """A town or municipality of the county; where "near me" begins."""

    name = models.CharField("Name", max_length=100, unique=True)
    ags = models.CharField(
        "Amtlicher Gemeindeschlüssel (AGS)",
        max_length=8,
        blank=True,
        validators=[RegexValidator(r"^\d{8}$", "Der Schlüssel hat acht Ziffern.")],
    )
    neighbours = models.ManyToManyField(
        "self",
        blank=True,
        verbose_name="Nachbargemeinden",
        help_text="Wer hier sucht, findet auch, was dort ist.",
    )

    class Meta:
        verbose_name = "Stadt oder Gemeinde"
        verbose_name_plural = "Städte und Gemeinden"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["ags"],
                condition=~Q(ags=""),
                name="wegweiser_municipality_ags",
                violation_error_message="Diesen Gemeindeschlüssel hat schon eine andere.",
            )
        ]

    def __str__(self):
        return self.name

    def slug_source(self):
        return self.name


class Dated(models.Model):
    created = models.DateTimeField("angelegt", auto_now_add=True)
    modified = models.DateTimeField("geändert", auto_now=True)

    class Meta:
        abstract = True


class OrganizationQuerySet(models.QuerySet):
    def published(self):
        """Who offers something that is public."""
        return self.filter(Exists(Service.objects.published().filter(organization=OuterRef("pk"))))


class Organization(Identified, Slugged, Translated, Dated):
    """Who offers services: an authority, an association, a course provider."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", _("Behörde")
        WELFARE = "welfare", _("Wohlfahrtsverband")
        ASSOCIATION = "association", _("Verein oder Initiative")
        MIGRANT_ORGANIZATION = "migrant_organization", _("Organisation von Zugewanderten")
        COURSE_PROVIDER = "course_provider", _("Kursträger")
        OTHER = "other", _("Weitere Einrichtung")

    title = models.CharField("Name", max_length=200)
    alternate_name = models.CharField("Kurzname oder früherer Name", max_length=200, blank=True)
    description = models.TextField("Beschreibung", max_length=1000, help_text="Wer das ist, in ein, zwei Sätzen.")
    kind = models.CharField("Art", max_length=30, choices=Kind, default=Kind.AUTHORITY)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="gehört zu"
    )
    website = models.URLField("Internetadresse", blank=True)
    email = models.EmailField("E-Mail", blank=True)
    verification_email = models.EmailField(
        "E-Mail für Prüf-Anfragen",
        blank=True,
        help_text="Wer bestätigt, dass die Einträge noch stimmen. Nicht öffentlich. Leer: die E-Mail darüber.",
    )
    asked_by_phone = models.BooleanField(
        "lieber anrufen", default=False, help_text="Diese Organisation bekommt keine Prüf-Anfragen per E-Mail."
    )
    import_key = models.CharField(**IMPORT_KEY)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = "Organisation"
        verbose_name_plural = "Organisationen"
        ordering = ["title_de"]
        constraints = [
            models.CheckConstraint(
                condition=Q(title_de__isnull=False)
                & ~Q(title_de="")
                & Q(description_de__isnull=False)
                & ~Q(description_de=""),
                name="wegweiser_organization_german",
                violation_error_message="Der deutsche Name oder die deutsche Beschreibung fehlt.",
            )
        ]

    def __str__(self):
        return self.title

    def clean(self):
        super().clean()
        refuse_loop(self)


class LocationQuerySet(models.QuerySet):
    def published(self):
        """Where something public is offered."""
        return self.filter(Exists(ServiceAtLocation.objects.published().filter(location=OuterRef("pk"))))


class Location(Identified, Slugged, Translated, Dated):
    """A house, a post box, or a place in the net."""

    class Kind(models.TextChoices):
        PHYSICAL = "physical", "Haus"
        POSTAL = "postal", "nur Postanschrift"
        VIRTUAL = "virtual", "im Internet"

    class Wheelchair(models.TextChoices):
        YES = "yes", _("rollstuhlgerecht")
        LIMITED = "limited", _("teilweise rollstuhlgerecht")
        NO = "no", _("nicht rollstuhlgerecht")

    kind = models.CharField("Art", max_length=10, choices=Kind, default=Kind.PHYSICAL)
    title = models.CharField("Name", max_length=200, blank=True, help_text="Zum Beispiel „Rathaus“ oder „Haus A“.")
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="locations",
        verbose_name="Haus von",
        help_text="Leer, wenn sich mehrere das Haus teilen.",
    )
    street = models.CharField("Straße und Hausnummer", max_length=100, blank=True)
    addition = models.CharField("Zusatz", max_length=100, blank=True, help_text="Zum Beispiel „Hinterhaus“.")
    postal_code = models.CharField("PLZ", max_length=10, blank=True)
    city = models.CharField("Ort", max_length=100, blank=True)
    municipality = models.ForeignKey(
        Municipality,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="locations",
        verbose_name="liegt in (Stadt oder Gemeinde)",
    )
    latitude = models.FloatField(
        "Breite", null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        "Länge", null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    url = models.URLField("Internetadresse", blank=True, help_text="Wo das Angebot im Internet ist.")
    directions = models.TextField(
        "Weg", max_length=500, blank=True, help_text="Bus und Bahn, Eingang. Zum Beispiel „Bus 12 bis Marktplatz“."
    )
    wheelchair = models.CharField("mit dem Rollstuhl", max_length=10, choices=Wheelchair, blank=True)
    accessibility = models.ManyToManyField(
        "topics.Term",
        blank=True,
        limit_choices_to={"vocabulary": "accessibility"},
        related_name="locations",
        verbose_name="Barrierefreiheit",
    )
    accessibility_note = models.TextField("Hinweis zur Barrierefreiheit", max_length=500, blank=True)
    import_key = models.CharField(**IMPORT_KEY)

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = "Ort"
        verbose_name_plural = "Orte"
        ordering = ["city", "street", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="physical")
                | (~Q(street="") & ~Q(postal_code="") & ~Q(city="") & Q(municipality__isnull=False)),
                name="wegweiser_location_address",
                violation_error_message="Ein Haus braucht Straße, PLZ, Ort und die Stadt oder Gemeinde.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="virtual") | ~Q(url=""),
                name="wegweiser_location_url",
                violation_error_message="Ein Ort im Internet braucht seine Adresse.",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="wegweiser_location_coordinates",
                violation_error_message="Bitte Breite und Länge angeben oder keines von beiden.",
            ),
        ]

    def __str__(self):
        return ", ".join(part for part in (self.title, self.address or self.url) if part)

    def slug_source(self):
        return self.title_de or f"{self.city} {self.street}"

    @property
    def address(self) -> str:
        town = f"{self.postal_code} {self.city}".strip()
        return ", ".join(part for part in (self.street, self.addition, town) if part)


class ServiceQuerySet(PublishableQuerySet):
    def listed(self):
        """What there is to find; of what is not offered any more the page says so, and no list names it."""
        return self.published().filter(availability__in=LISTED)


class Service(Identified, Content):
    """What somebody offers to residents; an entry of the directory."""

    class Availability(models.TextChoices):
        """As in HSDS, where it is called status."""

        ACTIVE = "active", "läuft"
        INACTIVE = "inactive", "zurzeit nicht angeboten"
        CLOSED = "temporarily closed", "vorübergehend geschlossen"
        DEFUNCT = "defunct", "dauerhaft geschlossen"

    class Verification(models.TextChoices):
        ORGANIZATION = "organization", "von der Organisation bestätigt"
        PHONE = "phone", "am Telefon geprüft"
        STAFF = "staff", "von der Redaktion geprüft"

    # Who and where come first: many entries have the same title.
    search_fields = (
        "organization__title", "locations__city", "lead", "description", "alternate_name", "programme__title",
        "organization__alternate_name", "topics__title", "audiences__title", "locations__title", "locations__street",
        "areas__name", "languages__code", "eligibility", "how_to_apply", "fees", "documents", "contacts__label",
        "contacts__department",
    )  # fmt: skip

    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="services", verbose_name="angeboten von"
    )
    alternate_name = models.CharField(
        "anderer Name", max_length=200, blank=True, help_text="Unter dem die Menschen es auch suchen."
    )
    lead = models.CharField("in einem Satz", max_length=300, blank=True, help_text="Steht in der Liste.")
    description = models.TextField("Beschreibung", max_length=3000, blank=True)
    availability = models.CharField("Betrieb", max_length=20, choices=Availability, default=Availability.ACTIVE)
    alert = models.CharField(
        "aktueller Hinweis", max_length=300, blank=True, help_text="Zum Beispiel „Wegen Umbau bis Mai im Haus B“."
    )
    alert_until = models.DateField("Hinweis zeigen bis", null=True, blank=True)
    programme = models.ForeignKey(
        "topics.Term",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to={"vocabulary": "programme"},
        related_name="programme_services",
        verbose_name="Programm",
        help_text="Zum Beispiel Migrationsberatung für erwachsene Zugewanderte (MBE).",
    )
    topics = models.ManyToManyField(
        "topics.Term",
        blank=True,
        limit_choices_to={"vocabulary": "topic"},
        related_name="services",
        verbose_name="Themen",
    )
    audiences = models.ManyToManyField(
        "topics.Term",
        blank=True,
        limit_choices_to={"vocabulary": "audience"},
        related_name="audience_services",
        verbose_name="Zielgruppen",
        help_text="Leer: für alle.",
    )
    areas = models.ManyToManyField(
        Municipality,
        blank=True,
        related_name="services",
        verbose_name="für wen in welcher Gemeinde",
        help_text="Nur wenn das Angebot nicht für den ganzen Landkreis da ist.",
    )
    locations = models.ManyToManyField(
        Location, through="ServiceAtLocation", related_name="services", verbose_name="Orte"
    )
    url = models.URLField("Internetseite des Angebots", blank=True)
    booking_url = models.URLField("Termine online buchen", blank=True)
    how_to_apply = models.TextField("Anmeldung und Termin", max_length=1000, blank=True)
    eligibility = models.TextField("Wer kommen kann", max_length=1000, blank=True)
    minimum_age = models.PositiveSmallIntegerField("ab Jahren", null=True, blank=True)
    maximum_age = models.PositiveSmallIntegerField("bis Jahre", null=True, blank=True)
    fees = models.TextField("Kosten", max_length=500, blank=True)
    documents = models.TextField("Mitbringen", max_length=1000, blank=True, help_text="Je Zeile eines.")
    interpretation = models.TextField(
        "Dolmetschen", max_length=500, blank=True, help_text="Zum Beispiel „Wir bestellen Dolmetschende.“"
    )
    verified_by = models.EmailField("geprüft von", blank=True, editable=False)
    verified_how = models.CharField("wie geprüft", max_length=20, choices=Verification, blank=True, editable=False)
    import_key = models.CharField(**IMPORT_KEY)

    objects = ServiceQuerySet.as_manager()

    class Meta(Content.Meta):
        verbose_name = "Eintrag"
        verbose_name_plural = "Einträge im Wegweiser"
        ordering = ["title_de", "pk"]
        indexes = [models.Index(fields=["modified"], name="wegweiser_service_modified")]
        constraints = [
            *Content.Meta.constraints,
            models.CheckConstraint(
                condition=Q(minimum_age=None) | Q(maximum_age=None) | Q(maximum_age__gte=F("minimum_age")),
                name="wegweiser_service_ages",
                violation_error_message="„Bis Jahre“ muss mindestens so groß sein wie „ab Jahren“.",
            ),
        ]

    def get_absolute_url(self):
        return reverse("wegweiser:detail", args=[self.slug])

    def _is_taken(self, slug):
        return slug == "pruefen" or super()._is_taken(slug)  # below it organizations answer

    @property
    def city(self) -> str:
        """Of the first of its places that has one."""
        return next((at.location.city for at in self.at_locations.all() if at.location.city), "")

    def has_alert(self) -> bool:
        return bool(self.alert) and (self.alert_until is None or self.alert_until >= timezone.localdate())

    def verify(self, how: str, by: str = "", on: date | None = None) -> None:
        """Somebody has said that everything is right. Nothing else ever sets `verified_on`."""
        self.verified_on = on or timezone.localdate()
        self.verified_how = how
        self.verified_by = by
        self.review_due = months_later(self.verified_on, DirectorySettings.current().months(self.organization.kind))

    def is_stale(self, settings: "DirectorySettings") -> bool:
        """Long past its review: readers are told to call first, the entry stays."""
        grace = timedelta(days=settings.grace_days)
        return self.review_due is not None and self.review_due < timezone.localdate() - grace


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class ServiceAtLocationQuerySet(models.QuerySet):
    def published(self):
        return self.filter(service__in=Service.objects.published())


class ServiceAtLocation(Identified):
    """A service at one of its locations; hours and contacts may hold just there."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="at_locations")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="at_services", verbose_name="Ort")
    description = models.CharField(
        "wo genau", max_length=200, blank=True, help_text="Zum Beispiel „2. Stock, Zimmer 14“."
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    objects = ServiceAtLocationQuerySet.as_manager()

    class Meta:
        verbose_name = "Ort des Angebots"
        verbose_name_plural = "Orte des Angebots"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "location"],
                name="wegweiser_service_at_location_once",
                violation_error_message="Dieser Ort steht schon da.",
            )
        ]

    def __str__(self):
        return str(self.location)


def at_one_place(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        ServiceAtLocation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name=related_name,
        verbose_name="nur an diesem Ort",
    )


class Detail(models.Model):
    """A row that belongs to a service, there perhaps to one place only (`service_at_location`), or to something else."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        self.belong_to_service()
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        self.belong_to_service()
        if self.service_at_location and self.service_at_location.service_id != self.service_id:
            raise ValidationError({"service_at_location": "Dieser Ort gehört nicht zu diesem Angebot."})

    def belong_to_service(self):
        """What holds at a place of a service is the service's."""
        if self.service_at_location and not self.service_id:
            self.service_id = self.service_at_location.service_id


def only_of_a_service(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(service_at_location__isnull=True) | Q(service__isnull=False),
        name=name,
        violation_error_message="Nur ein Angebot hat Orte.",
    )


class Contact(Detail):
    """How to reach somebody: a function rather than a person."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts"
    )
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts")
    service_at_location = at_one_place("contacts")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, blank=True, related_name="contacts")
    label = models.CharField("wofür", max_length=120, blank=True, help_text="Zum Beispiel „Sekretariat“, „Termine“.")
    person = models.CharField("Name", max_length=120, blank=True, help_text="Nur mit Einverständnis der Person.")
    department = models.CharField("Abteilung", max_length=120, blank=True)
    phone = models.CharField("Telefon", max_length=40, blank=True, validators=[validate_phone])
    mobile = models.CharField("Mobiltelefon", max_length=40, blank=True, validators=[validate_phone])
    fax = models.CharField("Fax", max_length=40, blank=True, validators=[validate_phone])
    email = models.EmailField("E-Mail", blank=True)
    note = models.CharField("Hinweis", max_length=200, blank=True)
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Kontakt"
        verbose_name_plural = "Kontakte"
        ordering = ["order", "pk"]
        constraints = [
            exactly_one("wegweiser_contact_parent", "organization", "service", "location"),
            only_of_a_service("wegweiser_contact_at"),
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(mobile="") | ~Q(fax="") | ~Q(email=""),
                name="wegweiser_contact_reachable",
                violation_error_message="Ein Kontakt braucht Telefon, Mobiltelefon, Fax oder E-Mail.",
            ),
        ]

    def __str__(self):
        return self.label or self.person or self.phone or self.mobile or self.email or self.fax


class OpeningHours(Detail):
    """One line of a sign on the door, shaped like schema.org's OpeningHoursSpecification.

    Times are wall clock times. `closes_at` not after `opens_at` is past midnight, twice 0:00 the whole day.
    An exception replaces the regular lines on its days; without times it means closed.
    """

    class Nth(models.IntegerChoices):
        FIRST = 1, _("jeden ersten im Monat")
        SECOND = 2, _("jeden zweiten im Monat")
        THIRD = 3, _("jeden dritten im Monat")
        FOURTH = 4, _("jeden vierten im Monat")
        FIFTH = 5, _("jeden fünften im Monat")
        LAST = -1, _("jeden letzten im Monat")

    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="hours")
    service_at_location = at_one_place("hours")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, blank=True, related_name="hours")
    days = models.CharField(
        "Wochentage", max_length=20, blank=True, validators=[validate_days], help_text="Leer: an jedem Tag."
    )
    nth = models.SmallIntegerField("nur", choices=Nth, null=True, blank=True, help_text="Leer: jede Woche.")
    opens_at = models.TimeField("von", null=True, blank=True)
    closes_at = models.TimeField("bis", null=True, blank=True, help_text="Auch nach Mitternacht.")
    by_appointment = models.BooleanField("nur mit Termin", default=False)
    on_holidays = models.BooleanField("auch an Feiertagen", default=False)
    exception = models.BooleanField(
        "Ausnahme", default=False, help_text="Gilt statt der übrigen Zeiten. Ohne Uhrzeit: geschlossen."
    )
    valid_from = models.DateField("gilt ab", null=True, blank=True)
    valid_to = models.DateField("gilt bis", null=True, blank=True)
    note = models.CharField("Hinweis", max_length=200, blank=True, help_text="Zum Beispiel „Eingang im Hof“.")

    class Meta:
        verbose_name = "Öffnungszeit"
        verbose_name_plural = "Öffnungszeiten"
        ordering = ["pk"]
        constraints = [
            exactly_one("wegweiser_hours_parent", "service", "location"),
            only_of_a_service("wegweiser_hours_at"),
            models.CheckConstraint(
                condition=Q(opens_at=None, closes_at=None) | Q(opens_at__isnull=False, closes_at__isnull=False),
                name="wegweiser_hours_both_times",
                violation_error_message="Bitte „von“ und „bis“ angeben oder keines von beiden.",
            ),
            models.CheckConstraint(
                condition=Q(exception=True) | Q(by_appointment=True) | Q(opens_at__isnull=False),
                name="wegweiser_hours_times",
                violation_error_message="Bitte Uhrzeiten angeben (nur „mit Termin“ und „Ausnahme“ gehen ohne).",
            ),
            models.CheckConstraint(
                condition=Q(exception=False)
                | Q(valid_from__isnull=False, valid_to__isnull=False, nth=None, by_appointment=False),
                name="wegweiser_hours_exception_dates",
                violation_error_message="Eine Ausnahme braucht „gilt ab“ und „gilt bis“ und nichts weiter als Uhrzeiten.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="wegweiser_hours_period",
                violation_error_message="„Gilt bis“ liegt vor „gilt ab“.",
            ),
            models.CheckConstraint(
                condition=Q(nth=None) | ~Q(days=""),
                name="wegweiser_hours_nth_day",
                violation_error_message="Welcher Wochentag im Monat?",
            ),
        ]

    def __str__(self):
        days = ", ".join(map(str, self.weekdays))
        times = f"{self.opens_at:%H:%M}–{self.closes_at:%H:%M}" if self.opens_at else ""
        return f"{days} {times}".strip() or "Öffnungszeit"

    @property
    def weekdays(self) -> list[str]:
        return [WEEKDAYS[code] for code in self.days.split(",") if code]


class SpokenLanguage(models.Model):
    """A language people speak there, besides German."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="languages")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, blank=True, related_name="languages")
    code = models.CharField("Sprache", max_length=12, choices=spoken.choices)
    note = models.CharField("Hinweis", max_length=200, blank=True, help_text="Zum Beispiel „donnerstags“.")

    class Meta:
        verbose_name = "gesprochene Sprache"
        verbose_name_plural = "gesprochene Sprachen"
        ordering = ["pk"]
        constraints = [
            exactly_one("wegweiser_language_parent", "service", "location"),
            models.UniqueConstraint(
                fields=["service", "code"],
                name="wegweiser_language_of_service_once",
                violation_error_message="Diese Sprache steht schon da.",
            ),
            models.UniqueConstraint(
                fields=["location", "code"],
                name="wegweiser_language_of_location_once",
                violation_error_message="Diese Sprache steht schon da.",
            ),
        ]

    def __str__(self):
        return spoken.name(self.code)


class Suggestion(PersonalData):
    """A reader says that something is wrong with an entry."""

    for_editors = True
    KEEP = timedelta(days=90)

    id = models.UUIDField(primary_key=True, editable=False)  # drawn when the form is shown
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="suggestions", verbose_name="Eintrag")
    message = models.TextField("Meldung", max_length=2000)
    email = models.EmailField("E-Mail", blank=True)
    language = models.CharField("Sprache", max_length=12)
    created = models.DateTimeField("eingegangen", default=timezone.now)
    handled_on = models.DateField("erledigt am", null=True, blank=True)

    class Meta:
        verbose_name = "Hinweis auf einen Fehler"
        verbose_name_plural = "Hinweise auf Fehler"
        ordering = [F("handled_on").asc(nulls_first=True), "-created"]

    def __str__(self):
        return f"{self.service}, {timezone.localtime(self.created):%d.%m.%Y}"

    def save(self, *args, **kwargs):
        self.delete_after = timezone.localdate(self.created) + self.KEEP  # as the reader was promised
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if self.handled_on and not timezone.localdate(self.created) <= self.handled_on <= timezone.localdate():
            raise ValidationError({"handled_on": "Der Tag muss zwischen dem Eingang und heute liegen."})


class DirectorySettings(models.Model):
    """How the directory is kept true. There is one row."""

    is_content = False
    has_versions = True

    authority_months = models.PositiveSmallIntegerField(
        "Behörden prüfen alle … Monate", default=12, validators=AT_LEAST_ONE
    )
    provider_months = models.PositiveSmallIntegerField(
        "andere Träger prüfen alle … Monate", default=6, validators=AT_LEAST_ONE
    )
    course_months = models.PositiveSmallIntegerField(
        "Kursträger prüfen alle … Monate", default=3, validators=AT_LEAST_ONE
    )
    grace_days = models.PositiveSmallIntegerField(
        "Nachfrist in Tagen", default=60, help_text="Danach lesen alle: „Bitte rufen Sie vorher an.“"
    )
    send_requests = models.BooleanField(
        "Prüf-Anfragen per E-Mail verschicken",
        default=False,
        help_text="Aus: Die Redaktion ruft an und setzt „am Telefon geprüft“.",
    )
    days_before = models.PositiveSmallIntegerField("so viele Tage vor dem Termin", default=14)
    link_days = models.PositiveSmallIntegerField("der Link gilt … Tage", default=30, validators=AT_LEAST_ONE)
    reminder_days = models.PositiveSmallIntegerField(
        "Erinnerung nach … Tagen ohne Antwort", default=10, validators=AT_LEAST_ONE
    )
    reminders = models.PositiveSmallIntegerField("höchstens so viele Erinnerungen", default=1)
    escalation_email = models.EmailField(
        "danach Nachricht an", blank=True, help_text="Leer: an die E-Mail-Adresse des Portals."
    )

    class Meta:
        verbose_name = "Einstellungen des Wegweisers"
        verbose_name_plural = "Einstellungen des Wegweisers"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="wegweiser_settings_only_one")]

    def __str__(self):
        return "Einstellungen des Wegweisers"

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        shortest = 28 * min(self.authority_months, self.provider_months, self.course_months)
        if self.days_before >= shortest:
            message = f"Wer alle {shortest} Tage geprüft wird, wäre sofort wieder dran: Bitte weniger Tage angeben."
            raise ValidationError({"days_before": message})

    @classmethod
    def current(cls) -> "DirectorySettings":
        return cls.objects.first() or cls()

    def months(self, kind: str) -> int:
        if kind == Organization.Kind.AUTHORITY:
            return self.authority_months
        return self.course_months if kind == Organization.Kind.COURSE_PROVIDER else self.provider_months


class DirectoryVersion(models.Model):
    """Changes with every change to the directory: who has read it knows whether it still holds. There is one row."""

    is_content = False

    token = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="wegweiser_version_only_one")]

    def __str__(self):
        return str(self.token)


# Verification by the organizations -------------------------------------------------------------------


class VerificationRequest(PersonalData):
    """An organization is asked by mail whether its entries still hold; the link in the mail is its right to answer."""

    for_editors = True
    KEEP_MONTHS = 12

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", "alles stimmt noch"
        CHANGED = "changed", "Änderungen gemeldet"
        SETTLED = "settled", "anders geprüft"
        UNANSWERED = "unanswered", "nicht ganz beantwortet, neu gefragt"
        WITHDRAWN = "withdrawn", "zurückgezogen"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="verification_requests", verbose_name="Organisation"
    )
    sent_to = models.EmailField("geschickt an")
    sent_on = models.DateField("geschickt am")
    mailed_on = models.DateField("zuletzt geschickt am", help_text="Die Anfrage, eine Erinnerung oder ein neuer Link.")
    expires_on = models.DateField("Link gilt bis")
    reminders_sent = models.PositiveSmallIntegerField("Erinnerungen", default=0)
    escalated_on = models.DateField("der Redaktion gemeldet am", null=True, blank=True)
    answered_at = models.DateTimeField("beantwortet am", null=True, blank=True)
    withdrawn_on = models.DateField("zurückgezogen am", null=True, blank=True)
    outcome = models.CharField("Ergebnis", max_length=10, choices=Outcome, blank=True, help_text="Leer: noch offen.")

    class Meta:
        verbose_name = "Prüf-Anfrage"
        verbose_name_plural = "Prüf-Anfragen"
        ordering = ["-sent_on", "organization__title_de"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(outcome=""),
                name="wegweiser_verification_one_open",
                violation_error_message="Diese Organisation ist schon gefragt.",
            )
        ]

    def __str__(self):
        return f"{self.organization}, {self.sent_on:%d.%m.%Y}"

    def save(self, *args, **kwargs):
        self.delete_after = months_later(self.sent_on, self.KEEP_MONTHS)
        super().save(*args, **kwargs)


class ServiceCheck(models.Model):
    """A service an organization has been asked about, and what it has said."""

    is_content = False
    for_editors = True

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("Stimmt noch")
        CHANGED = "changed", _("Es hat sich etwas geändert")
        GONE = "gone", _("Das Angebot gibt es nicht mehr")

    request = models.ForeignKey(
        VerificationRequest, on_delete=models.CASCADE, related_name="checks", verbose_name="Prüf-Anfrage"
    )
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="checks", verbose_name="Eintrag")
    last_verified = models.DateField(
        null=True, blank=True, editable=False
    )  # when it was asked about; by now perhaps later
    outcome = models.CharField("Antwort", max_length=10, choices=Outcome, blank=True)
    answered_at = models.DateTimeField("beantwortet am", null=True, blank=True)

    class Meta:
        verbose_name = "Antwort einer Organisation"
        verbose_name_plural = "Antworten der Organisationen"
        ordering = [F("answered_at").desc(nulls_last=True), "pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "service"], name="wegweiser_check_once"),
            models.CheckConstraint(
                condition=Q(outcome="", answered_at=None) | (~Q(outcome="") & Q(answered_at__isnull=False)),
                name="wegweiser_check_answered",
            ),
        ]

    def __str__(self):
        return str(self.service)


class Proposal(models.Model):
    """One thing an organization says is different; public only when staff have accepted it.

    Old and new are texts as facts.py reads and writes them.
    """

    is_content = False
    for_editors = True

    class State(models.TextChoices):
        OPEN = "open", "offen"
        ACCEPTED = "accepted", "angenommen"
        DECLINED = "declined", "abgelehnt"

    service_check = models.ForeignKey(ServiceCheck, on_delete=models.CASCADE, related_name="proposals")
    field = models.CharField(max_length=20)
    at = models.ForeignKey(
        ServiceAtLocation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )  # None: everywhere
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey("auth.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "Vorschlag"
        verbose_name_plural = "Vorschläge"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.service_check}: {self.field}"

    @property
    def label(self) -> str:
        from .checks import facts  # it reads and writes the models above

        return facts.label(self.field, self.at)
