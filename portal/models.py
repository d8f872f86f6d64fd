import uuid
from datetime import timedelta
from pathlib import PurePath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone
from django.utils.text import slugify
from modeltranslation.utils import build_localized_fieldname

from . import colours, languages
from .fields import SENSIBLE_TIME, LinkField, RichTextField
from .files import IMAGES, UploadField, UploadValidator, upload_path
from .icons import ICONS
from .on_demand import view_class
from .phones import validate_phone


def german_slug(text: str) -> str:
    """An address readable on the phone: "Über uns" → "ueber-uns" (Django alone would say "uber-uns")."""
    return slugify(
        text.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}))
    )


def refuse_loop(row: models.Model) -> None:
    """A tree by `parent` must not close to a ring."""
    ancestor, seen = row.parent, {row.pk}
    while ancestor:
        if ancestor.pk in seen:
            raise ValidationError({"parent": "Ein Eintrag kann nicht unter sich selbst liegen."})
        seen.add(ancestor.pk)
        ancestor = ancestor.parent


def default_languages():
    return list(languages.BY_CODE)


def validate_languages(codes):
    if not isinstance(codes, list) or not all(isinstance(code, str) and code in languages.BY_CODE for code in codes):
        raise ValidationError(f"Bekannte Sprachen sind: {', '.join(languages.BY_CODE)}.")


class PublishableQuerySet(models.QuerySet):
    def published(self):
        """What the public may see now. Pages, lists, feeds, sitemap and files all ask here."""
        now = timezone.now()
        return self.filter(
            Q(publish_from=None) | Q(publish_from__lte=now),
            Q(publish_until=None) | Q(publish_until__gt=now),
            status=Publishable.Status.PUBLISHED,
        )

    def listed(self):
        """What lists and the sitemap name."""
        return self.published()


class Publishable(models.Model):
    """Something with a time in public."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Entwurf"
        REVIEW = "review", "Zur Freigabe"
        PUBLISHED = "published", "Veröffentlicht"
        ARCHIVED = "archived", "Archiviert"

    status = models.CharField(
        "Zustand",
        max_length=10,
        choices=Status,
        default=Status.DRAFT,
        db_index=True,
        help_text="Nur „Veröffentlicht“ ist öffentlich zu sehen.",
    )
    publish_from = models.DateTimeField(
        "sichtbar ab", null=True, blank=True, validators=SENSIBLE_TIME, help_text="Leer: sofort."
    )
    publish_until = models.DateTimeField(
        "sichtbar bis", null=True, blank=True, validators=SENSIBLE_TIME, help_text="Leer: unbegrenzt."
    )
    created = models.DateTimeField("angelegt", auto_now_add=True)
    modified = models.DateTimeField("geändert", auto_now=True)

    objects = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(publish_from=None) | Q(publish_until=None) | Q(publish_until__gt=models.F("publish_from")),
                name="%(app_label)s_%(class)s_publish_period",
                violation_error_message="„Sichtbar bis“ muss nach „sichtbar ab“ liegen.",
            ),
        ]


class Translated(models.Model):
    """Something with texts in the portal's languages (fields: the app's translation.py)."""

    machine_translated = models.JSONField(
        "maschinell übersetzt",
        default=list,
        blank=True,
        validators=[validate_languages],
        help_text="Sprachen, deren Text noch kein Mensch geprüft hat. Leserinnen und Leser sehen dazu einen Hinweis.",
    )

    class Meta:
        abstract = True


class Identified(models.Model):
    """Something other systems may keep track of: an id that is the same wherever the row goes (HSDS)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


class Slugged(models.Model):
    """Something that is called by its slug, the same in all languages; made from the German title."""

    slug = models.SlugField(
        "Adresse",
        max_length=80,
        unique=True,
        blank=True,
        help_text="Der letzte Teil der Internetadresse, in allen Sprachen gleich. Leer: aus dem deutschen Titel.",
    )

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if self.slug:
            super().save(*args, **kwargs)
            return
        self.slug = self.free_slug()
        try:
            with transaction.atomic():
                super().save(*args, **kwargs)
        except IntegrityError:
            self.slug = self.free_slug()  # somebody else took it at the same moment
            super().save(*args, **kwargs)

    def slug_source(self) -> str:
        return self.title_de or ""

    def free_slug(self) -> str:
        """The slug of the German title, with a number behind it where another row has it already."""
        base = slug = german_slug(self.slug_source())[:70] or self._meta.model_name
        others = type(self).objects.exclude(pk=self.pk).filter(slug__startswith=base)
        taken = set(others.values_list("slug", flat=True))
        number = 2
        while slug in taken:
            slug, number = f"{base}-{number}", number + 1
        return slug


class Content(Slugged, Translated, Publishable):
    """The base of everything that has a page of its own."""

    search_fields: tuple[str, ...] = ()  # besides the title; "tasks__title" is a field of what belongs to it
    is_reviewed = True  # somebody looks again whether it is still true

    title = models.CharField("Titel", max_length=200)
    verified_on = models.DateField(
        "Stand",
        null=True,
        blank=True,
        help_text="Wann zuletzt jemand geprüft hat, dass alles stimmt. Ändert sich nie von selbst.",
    )
    review_due = models.DateField("wieder prüfen am", null=True, blank=True, db_index=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to={"is_staff": True, "is_active": True},
        related_name="+",
        verbose_name="verantwortlich",
        help_text="Bekommt eine E-Mail, wenn es Zeit ist, wieder zu prüfen. Leer: die ganze Redaktion.",
    )

    class Meta(Publishable.Meta):
        abstract = True
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(title_de__isnull=False) & ~Q(title_de=""),
                name="%(app_label)s_%(class)s_german_title",
                violation_error_message="Der deutsche Titel fehlt.",
            ),
        ]

    def __str__(self):
        return self.title or self.slug

    def save(self, *args, **kwargs):
        columns, before = kwargs.get("update_fields"), None
        if columns is None or "slug" in columns:
            before = type(self).objects.filter(pk=self.pk).values_list("slug", flat=True).first()
        super().save(*args, **kwargs)
        if before and before != self.slug:
            OldAddress.objects.update_or_create(
                kind=self._meta.label_lower, slug=before, defaults={"content_id": self.pk}
            )

    def clean(self):
        super().clean()
        slug = self.slug or german_slug(self.title_de or "")
        if slug and self._is_taken(slug):
            raise ValidationError(
                {"slug": f"Unter „{slug}“ steht schon etwas anderes. Bitte eine andere Adresse wählen."}
            )

    def _is_taken(self, slug):
        """Does another view answer at the address this slug would give?"""
        try:
            match = resolve(type(self)(slug=slug).get_absolute_url())
        except NoReverseMatch:
            return False  # no slug at all; the field says so itself
        return getattr(view_class(match), "model", None) is not type(self)

    def languages_available(self):
        """The languages this content has been translated into, German first."""
        return [code for code in languages.BY_CODE if getattr(self, build_localized_fieldname("title", code))]


class OldAddress(models.Model):
    """Where a content used to be: printed addresses and bookmarks go on working."""

    has_versions = False

    kind = models.CharField(max_length=100)  # the model, as "offices.office"
    slug = models.SlugField(max_length=80)
    content_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="portal_oldaddress_unique")]

    def __str__(self):
        return self.slug


class FederalState(models.Model):
    """A Land and the bodies its law names; reference data, kept by the administrators."""

    is_content = False
    has_versions = True

    code = models.CharField("Kürzel", max_length=2, primary_key=True)
    name = models.CharField("Name", max_length=50)
    accessibility_law = models.CharField("Gesetz zur Barrierefreiheit", max_length=200, blank=True)
    enforcement_name = models.CharField("Schlichtungs- oder Ombudsstelle", max_length=200, blank=True)
    enforcement_url = models.URLField("Internetadresse der Stelle", blank=True)
    enforcement_email = models.EmailField("E-Mail der Stelle", blank=True)
    monitoring_name = models.CharField("Überwachungsstelle", max_length=200, blank=True)
    monitoring_email = models.EmailField("E-Mail der Überwachungsstelle", blank=True)
    answer_days = models.PositiveSmallIntegerField(
        "Antwortziel in Tagen", default=14, help_text="So bald soll eine gemeldete Barriere beantwortet sein."
    )
    answer_days_limit = models.PositiveSmallIntegerField("Höchstfrist in Tagen", default=42)
    privacy_authority = models.CharField("Datenschutzaufsicht", max_length=200, blank=True)
    privacy_authority_url = models.URLField("Internetadresse der Datenschutzaufsicht", blank=True)

    class Meta:
        verbose_name = "Land"
        verbose_name_plural = "Länder und ihre Stellen"
        ordering = ["name"]

    def __str__(self):
        return self.name


class Reachable(models.Model):
    """Where to find somebody, and when; components/contact.html shows it."""

    street = models.CharField("Straße und Hausnummer", max_length=100, blank=True)
    postal_code = models.CharField("PLZ", max_length=10, blank=True)
    city = models.CharField("Ort", max_length=100, blank=True)
    phone = models.CharField("Telefon", max_length=40, blank=True, validators=[validate_phone])
    email = models.EmailField("E-Mail", blank=True)
    opening_hours = models.TextField("Öffnungszeiten", max_length=500, blank=True)

    class Meta:
        abstract = True


class Illustrated(models.Model):
    """Something with a picture at the top of its page; components/picture.html shows it."""

    picture = models.ForeignKey(
        "media.Picture",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name="Bild",
        help_text="Steht oben auf der Seite. Leer: kein Bild.",
    )

    class Meta:
        abstract = True


class SiteProfile(Translated, Reachable):
    """Whose portal this is. There is one."""

    class Kind(models.TextChoices):
        DISTRICT = "district", "Landkreis"
        CITY = "city", "Stadt"
        MUNICIPALITY = "municipality", "Gemeinde oder Samtgemeinde"
        REGION = "region", "Region oder Städteregion"

    name = models.CharField("Name", max_length=100, help_text="Zum Beispiel „Landkreis Musterland“.")
    kind = models.CharField("Art", max_length=20, choices=Kind, default=Kind.DISTRICT)
    land = models.ForeignKey(
        FederalState,
        on_delete=models.PROTECT,
        null=True,
        verbose_name="Land",
        help_text="Daraus folgen die Schlichtungsstelle und die Datenschutzaufsicht.",
    )
    title = models.CharField("Name des Portals", max_length=100, help_text="Steht im Kopf jeder Seite.")
    lead = models.TextField("Einleitung der Startseite", max_length=600, blank=True)
    introduction = RichTextField("Über uns auf der Startseite", blank=True)

    website = models.URLField("Internetauftritt der Verwaltung", blank=True)

    legal_form = models.CharField("Rechtsform", max_length=100, default="Körperschaft des öffentlichen Rechts")
    representative = models.CharField(
        "vertreten durch", max_length=200, blank=True, help_text="Zum Beispiel „Landrätin …“. Pflicht im Impressum."
    )
    supervisory_authority = models.CharField("Aufsichtsbehörde", max_length=200, blank=True)
    vat_id = models.CharField("Umsatzsteuer-Identifikationsnummer", max_length=30, blank=True)
    editor = models.CharField("inhaltlich verantwortlich (§ 18 Abs. 2 MStV)", max_length=200, blank=True)
    legal_notice = RichTextField("weitere Angaben im Impressum", blank=True)
    dpo = models.CharField("Datenschutzbeauftragte Stelle", max_length=200, blank=True)
    dpo_email = models.EmailField("E-Mail der Datenschutzbeauftragten", blank=True)
    dpo_phone = models.CharField(
        "Telefon der Datenschutzbeauftragten", max_length=40, blank=True, validators=[validate_phone]
    )
    hosting = models.CharField(
        "Betrieb des Servers",
        max_length=200,
        blank=True,
        help_text="Wer das Portal im Auftrag betreibt, wenn es nicht die Verwaltung selbst ist.",
    )
    privacy_notice = RichTextField("weitere Angaben zum Datenschutz", blank=True)

    logo = UploadField("Logo", upload_to=upload_path, blank=True, validators=[UploadValidator(IMAGES, shape=(8, 2))])
    logo_alt = models.CharField(
        "Logo in Worten", max_length=150, blank=True, help_text="Für alle, die das Logo nicht sehen."
    )
    logo_decorative = models.BooleanField(
        "Logo ist schmückend (ohne Bedeutung für den Inhalt)",
        default=False,
        help_text="Vorleseprogramme übergehen es dann. Richtig, wenn das Logo nichts sagt, was nicht daneben steht.",
    )
    colour = models.CharField(
        "Farbe",
        max_length=7,
        blank=True,
        validators=[colours.validate_colour],
        help_text="Für Knöpfe und Links, zum Beispiel „#00538a“. Sie muss auf Weiß, auf dem hellen Grund der Kästen und "
        "unter weißer Schrift gut zu lesen sein (Kontrast mindestens 4,5); sonst schlägt das Portal einen dunkleren Ton vor. "
        "Für das dunkle Erscheinungsbild hellt es die Farbe von selbst auf.",
    )
    languages = models.JSONField("Sprachen des Portals", default=default_languages, validators=[validate_languages])
    second_reader = models.BooleanField(
        "Eine zweite Person gibt frei",
        default=False,
        help_text="An: Wer einen Text zuletzt geändert hat, kann ihn nicht selbst veröffentlichen. Braucht mindestens "
        "zwei Personen in der Redaktion.",
    )

    class Meta:
        verbose_name = "Angaben zum Portal"
        verbose_name_plural = "Angaben zum Portal"
        permissions = [("view_private_mail", "Darf E-Mails an Freiwillige und über sie sehen")]
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="portal_siteprofile_only_one"),
            models.CheckConstraint(
                condition=Q(logo="") | Q(logo_decorative=True) | Q(logo_alt_de__isnull=False) & ~Q(logo_alt_de=""),
                name="portal_siteprofile_logo_in_words",
                violation_error_message="Bitte das Logo in Worten beschreiben oder als schmückend kennzeichnen.",
            ),
            models.CheckConstraint(
                condition=Q(logo_decorative=False) | Q(logo_alt_de=None) | Q(logo_alt_de=""),
                name="portal_siteprofile_logo_words_or_decorative",
                violation_error_message="Ein schmückendes Logo hat keine Beschreibung.",
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        texts = [getattr(self, build_localized_fieldname("logo_alt", code)) or "" for code in languages.BY_CODE]
        if self.logo_decorative and any(texts):
            raise ValidationError(
                {
                    "logo_decorative": "Beides zugleich geht nicht: Ein schmückendes Logo wird nicht vorgelesen, eine "
                    "Beschreibung („Logo in Worten“) schon. Bitte das Kreuz wegnehmen oder die Beschreibung in allen "
                    "Sprachen leeren."
                }
            )
        if self.logo and not self.logo_decorative and not (self.logo_alt_de or "").strip():
            raise ValidationError(
                {
                    "logo_alt_de": "Wer das Logo nicht sieht, braucht es in Worten, zum Beispiel „Wappen des Landkreises“. "
                    "Oder es ist schmückend; dann bitte das Kreuz setzen."
                }
            )

    @classmethod
    def current(cls):
        """The profile, or an empty one before anybody has filled it in."""
        return cls.objects.select_related("land").first() or cls(title="Integrationsportal")

    @property
    def logo_version(self):
        """A new logo has a new address, so that browsers may keep the old one for good."""
        return PurePath(self.logo.name).stem[:8] if self.logo else ""

    def shown_languages(self):
        """The languages this installation shows, in the order of the list; German always."""
        return [code for code in languages.BY_CODE if code in self.languages or code == languages.SOURCE]


class TopTask(Translated):
    """One of the things people come for; the first thing on the home page."""

    LINK_TEXT = "title"  # what the link says; the admin looks whether it says anything

    title = models.CharField("Titel", max_length=80)
    text = models.CharField("Erklärung", max_length=160, blank=True)
    icon = models.CharField(
        "Symbol",
        max_length=40,
        choices=ICONS,
        default="info",
    )
    link = LinkField("Ziel")
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Anliegen auf der Startseite"
        verbose_name_plural = "Anliegen auf der Startseite"
        ordering = ["order", "pk"]

    def __str__(self):
        return self.title


class HomeBlock(Translated):
    """A part of the home page, in the order the staff give it."""

    LINK_TEXT = "link_text"

    class Kind(models.TextChoices):
        TASKS = "tasks", "Anliegen: Was brauchen Sie?"
        NOTICES = "notices", "Hinweise"
        EVENTS = "events", "Nächste Veranstaltungen"
        CALL = "call", "Aufruf mit Knopf"
        ABOUT = "about", "Über uns"
        OFFICES = "offices", "Stellen"
        PUBLICATIONS = "publications", "Neue Veröffentlichungen"

    kind = models.CharField("Was", max_length=20, choices=Kind)
    title = models.CharField(
        "Überschrift", max_length=100, blank=True, help_text="Leer: die übliche. Ein Aufruf braucht eine eigene."
    )
    text = models.TextField("Text", max_length=400, blank=True, help_text="Nur für einen Aufruf.")
    link = LinkField("Ziel", blank=True)
    link_text = models.CharField(
        "Text auf dem Knopf", max_length=60, blank=True, help_text="Was geschieht, zum Beispiel „Lotsin werden“."
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)
    shown = models.BooleanField("zeigen", default=True)

    class Meta:
        verbose_name = "Teil der Startseite"
        verbose_name_plural = "Aufbau der Startseite"
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=~Q(kind="call"),
                name="portal_homeblock_once",
                violation_error_message="Diesen Teil gibt es schon. Mehrmals geht nur ein Aufruf.",
            )
        ]

    def __str__(self):
        return self.title or self.get_kind_display()

    def clean(self):
        super().clean()
        names = ("title_de", "link", "link_text_de")
        if self.kind == self.Kind.CALL and (empty := [name for name in names if not getattr(self, name)]):
            raise ValidationError(dict.fromkeys(empty, "Ein Aufruf braucht Überschrift, Ziel und Text auf dem Knopf."))


class Link(Translated):
    """A pointer out of the portal, shown at the foot of every page."""

    LINK_TEXT = "title"

    title = models.CharField("Titel", max_length=120)
    text = models.CharField("Erklärung", max_length=200, blank=True)
    url = models.URLField("Adresse")
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "Link nach außen"
        verbose_name_plural = "Links nach außen"
        ordering = ["order", "pk"]

    def __str__(self):
        return self.title


class Notice(Translated, Publishable):
    """A dated notice on every page."""

    LINK_TEXT = "link_text"

    class Level(models.TextChoices):
        INFO = "info", "Hinweis"
        WARNING = "warning", "Warnung"
        DANGER = "danger", "Gefahr"

    text = models.CharField("Text", max_length=300)
    level = models.CharField("Stufe", max_length=10, choices=Level, default=Level.INFO)
    link = LinkField("Link", blank=True)
    link_text = models.CharField("Text des Links", max_length=80, blank=True)

    class Meta(Publishable.Meta):
        verbose_name = "Hinweis auf allen Seiten"
        verbose_name_plural = "Hinweise auf allen Seiten"
        ordering = ["-publish_from", "-pk"]
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(
                condition=Q(text_de__isnull=False) & ~Q(text_de=""),
                name="portal_notice_german_text",
                violation_error_message="Der deutsche Text fehlt.",
            ),
        ]

    def __str__(self):
        return self.text

    def clean(self):
        super().clean()
        if self.link and not self.link_text_de:
            raise ValidationError({"link_text_de": "Ein Link braucht einen Text, der sagt, wohin er führt."})


class Page(Content, Illustrated):
    """A page the editors write."""

    search_fields = ("lead", "body", "sections__title", "sections__body")

    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="übergeordnete Seite",
    )
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)
    in_menu = models.BooleanField("im Menü", default=False, help_text="Steht oben auf jeder Seite.")
    lead = models.TextField("Einleitung", max_length=600, blank=True)
    body = RichTextField("Text", blank=True)

    class Meta(Content.Meta):
        verbose_name = "Seite"
        verbose_name_plural = "Seiten"
        ordering = ["order", "title_de"]

    def get_absolute_url(self):
        return reverse("page", args=[self.slug])

    def clean(self):
        super().clean()
        refuse_loop(self)


class PageSection(models.Model):
    """A part of a page that folds open."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="sections")
    title = models.CharField("Titel", max_length=200)
    body = RichTextField("Text")
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "aufklappbarer Abschnitt"
        verbose_name_plural = "aufklappbare Abschnitte"
        ordering = ["order", "pk"]

    def __str__(self):
        return self.title


class AccessibilityStatement(Translated, Publishable):
    """The statement that Decision (EU) 2018/1523 and the Land's law demand, as data. There is one."""

    class Conformance(models.TextChoices):
        FULL = "full", "vollständig vereinbar"
        PARTIAL = "partial", "teilweise vereinbar"
        NONE = "none", "nicht vereinbar"

    class Method(models.TextChoices):
        SELF = "self", "Selbstbewertung"
        THIRD_PARTY = "third_party", "Prüfung durch Dritte"

    conformance = models.CharField("Stand der Vereinbarkeit", max_length=10, choices=Conformance, blank=True)
    standard = models.CharField(
        "geprüft nach", max_length=100, default="EN 301 549 V3.2.1 (WCAG 2.1 AA)", help_text="Norm und Fassung."
    )
    method = models.CharField("Art der Prüfung", max_length=20, choices=Method, blank=True)
    tester = models.CharField("geprüft durch", max_length=200, blank=True, help_text="Bei einer Prüfung durch Dritte.")
    scope = models.CharField("gilt für", max_length=200, blank=True, help_text="Die Internetadresse des Portals.")
    note = RichTextField("weitere Angaben", blank=True)
    created_on = models.DateField("erstellt am", null=True, blank=True)
    evaluated_on = models.DateField("geprüft am", null=True, blank=True)
    reviewed_on = models.DateField(
        "zuletzt überprüft am", null=True, blank=True, help_text="Mindestens einmal im Jahr."
    )

    class Meta(Publishable.Meta):
        verbose_name = "Erklärung zur Barrierefreiheit"
        verbose_name_plural = "Erklärung zur Barrierefreiheit"
        constraints = [
            *Publishable.Meta.constraints,
            models.CheckConstraint(condition=Q(pk=1), name="portal_accessibilitystatement_only_one"),
            models.CheckConstraint(
                condition=~Q(status=Publishable.Status.PUBLISHED)
                | (
                    ~Q(conformance="")
                    & ~Q(standard="")
                    & ~Q(method="")
                    & ~Q(scope="")
                    & Q(created_on__isnull=False)
                    & Q(evaluated_on__isnull=False)
                    & Q(reviewed_on__isnull=False)
                ),
                name="portal_accessibilitystatement_complete",
                violation_error_message="Vor dem Veröffentlichen müssen alle Angaben der Erklärung ausgefüllt sein.",
            ),
        ]

    def __str__(self):
        return "Erklärung zur Barrierefreiheit"

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if self.status != self.Status.PUBLISHED:
            return
        required = ("conformance", "standard", "method", "scope", "created_on", "evaluated_on", "reviewed_on")
        errors = {name: "Vor dem Veröffentlichen ausfüllen." for name in required if not getattr(self, name)}
        if self.method == self.Method.THIRD_PARTY and not self.tester:
            errors["tester"] = "Wer hat geprüft?"
        site = SiteProfile.current()
        if not (site.land and site.land.enforcement_name and site.land.enforcement_url):
            errors["status"] = (
                "Für das Land fehlt die Schlichtungs- oder Ombudsstelle mit Internetadresse. Die Gruppe Administration "
                "trägt sie unter „Länder und ihre Stellen“ ein; das Land selbst steht in den Angaben zum Portal."
            )
        elif not site.email:
            errors["status"] = "In den Angaben zum Portal fehlt die E-Mail-Adresse für Rückmeldungen."
        if errors:
            raise ValidationError(errors)

    def is_outdated(self):
        """The review is due at least yearly (Decision (EU) 2018/1523)."""
        return bool(self.reviewed_on) and self.reviewed_on < timezone.localdate() - timedelta(days=365)


class AccessibilityIssue(models.Model):
    """Something on the portal that is not accessible yet."""

    class Group(models.TextChoices):
        NONCONFORMING = "nonconforming", "nicht vereinbar"
        BURDEN = "burden", "unverhältnismäßige Belastung"
        OUT_OF_SCOPE = "out_of_scope", "nicht vom Gesetz erfasst"

    statement = models.ForeignKey(AccessibilityStatement, on_delete=models.CASCADE, related_name="issues")
    group = models.CharField("Gruppe", max_length=20, choices=Group, default=Group.NONCONFORMING)
    description = models.TextField("Was ist nicht barrierefrei?", max_length=500)
    reason = models.TextField("Warum?", max_length=500)
    alternative = models.TextField("Was geht stattdessen?", max_length=500, blank=True)
    order = models.PositiveSmallIntegerField("Reihenfolge", default=0)

    class Meta:
        verbose_name = "nicht barrierefreier Inhalt"
        verbose_name_plural = "nicht barrierefreie Inhalte"
        ordering = ["order", "pk"]

    def __str__(self):
        return self.description[:60]


class PersonalData(models.Model):
    """A row about a person. It always knows the day it goes (`purge_personal_data` sees to it)."""

    is_content = False

    delete_after = models.DateField("wird gelöscht nach dem", db_index=True)

    class Meta:
        abstract = True

    @classmethod
    def due(cls) -> models.QuerySet:
        """What goes today."""
        return cls._default_manager.filter(delete_after__lt=timezone.localdate())

    @classmethod
    def lock(cls, pk) -> None:
        """Until the transaction ends, nobody else changes the row. What has to be locked before it comes before it."""
        list(cls._default_manager.select_for_update().filter(pk=pk).values_list("pk"))

    def erase(self) -> None:
        """What is done when the row goes, by itself or because the person wishes it."""
        self.delete()


class BarrierReport(PersonalData):
    """Somebody met a barrier. Only the message is required; the answer has a deadline."""

    KEEP_OPEN = timedelta(days=730)
    KEEP_CLOSED = timedelta(days=183)  # six months after closing, for questions that come back

    # Drawn when the form is shown: sending the same form twice finds the same row.
    id = models.UUIDField(primary_key=True, editable=False)
    message = models.TextField("Meldung", max_length=5000)
    page = models.CharField("Seite", max_length=500, blank=True)
    name = models.CharField("Name", max_length=100, blank=True)
    email = models.EmailField("E-Mail", blank=True)
    language = models.CharField(
        "Sprache", max_length=12, choices=[(x.code, x.german_name) for x in languages.LANGUAGES]
    )
    created = models.DateTimeField("eingegangen", default=timezone.now)
    due_on = models.DateField("Antwort bis")
    closed_on = models.DateField("erledigt am", null=True, blank=True)
    note = models.TextField("Notiz", blank=True, help_text="Nur für die Verwaltung.")

    class Meta:
        verbose_name = "gemeldete Barriere"
        verbose_name_plural = "gemeldete Barrieren"
        ordering = ["closed_on", "due_on"]

    def __str__(self):
        return self.reference

    def save(self, *args, **kwargs):
        if not self.due_on:
            land = SiteProfile.current().land
            self.due_on = timezone.localdate() + timedelta(days=land.answer_days if land else 14)
        kept = self.closed_on + self.KEEP_CLOSED if self.closed_on else self.created.date() + self.KEEP_OPEN
        self.delete_after = kept
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if self.closed_on and not self.created.date() <= self.closed_on <= timezone.localdate():
            raise ValidationError({"closed_on": "Der Tag muss zwischen dem Eingang und heute liegen."})

    @property
    def reference(self):
        """A number to quote on the phone: the year and six signs of the id."""
        return f"B-{self.created:%Y}-{str(self.id)[:6].upper()}"
