from pathlib import PurePath
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.files import IMAGES, Upload, UploadField, UploadValidator, upload_path
from portal.models import Illustrated, Slugged, Translated

WIDTHS = (480, 960, 1600)  # for a phone, a desk, and both of them with a fine screen


class PictureUpload(Upload):
    """A picture together with its smaller sizes, which come and go with it."""

    def name_of(self, width: int) -> str:
        return str(PurePath(self.name).with_suffix("")) + f"-{width}.webp"

    def save(self, name: str, content: File, save: bool = True) -> None:
        from PIL import Image  # loaded when somebody uploads a picture: 3 MB

        from portal import pictures

        super().save(name, content, save)
        with self.storage.open(self.name) as file, Image.open(file) as image:
            for width in WIDTHS:
                self.storage.save(self.name_of(width), ContentFile(pictures.scaled(image, width)))
                if width >= image.width:
                    break

    def delete(self, save: bool = True) -> None:
        for width in WIDTHS if self else ():
            self.storage.delete(self.name_of(width))
        super().delete(save)


class PictureField(UploadField):
    attr_class = PictureUpload


class Size(NamedTuple):
    width: int
    height: int
    url: str  # for everybody, as soon as something published shows the picture
    staff_url: str


class PictureQuerySet(models.QuerySet):
    def published(self):
        """What the public may see: the pictures of what is published."""
        shown = Q()
        for relation in self.model.uses():
            rows = relation.related_model.objects.published()
            shown |= Q(Exists(rows.filter(**{relation.field.name: OuterRef("pk")})))
        return self.filter(shown)


class Picture(Slugged, Translated):
    """A picture for the pages, with what it says to those who do not see it."""

    name = models.CharField(
        "Name", max_length=100, help_text="Daran finden Sie das Bild wieder, zum Beispiel „Kreishaus von vorn“."
    )
    file = PictureField(
        "Datei",
        upload_to=upload_path,
        validators=[UploadValidator(IMAGES, shape=(4, 2))],
        help_text="JPG, PNG oder WebP, am besten 1600 Bildpunkte breit oder mehr. Ort und Zeit der Aufnahme entfernt das "
        "Portal. Eine neue Datei ersetzt die alte überall, wo das Bild steht.",
    )
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    alt = models.TextField(
        "Bild in Worten",
        max_length=250,
        blank=True,
        help_text="Für alle, die das Bild nicht sehen: was darauf wichtig ist, in einem Satz.",
    )
    decorative = models.BooleanField(
        "Bild ist schmückend (ohne Bedeutung für den Inhalt)",
        default=False,
        help_text="Vorleseprogramme übergehen es dann.",
    )
    credit = models.CharField(
        "Bildnachweis",
        max_length=150,
        help_text="Steht unter dem Bild, zum Beispiel „Foto: Landkreis Musterland“. Bei freien Lizenzen auch die Lizenz: "
        "„Foto: Name, CC BY 4.0“.",
    )
    rights = models.TextField(
        "Rechte",
        max_length=1000,
        blank=True,
        help_text="Nur für die Verwaltung: woher das Bild ist, was damit erlaubt ist, wer eingewilligt hat.",
    )
    created = models.DateTimeField("angelegt", auto_now_add=True)

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = "Bild"
        verbose_name_plural = "Bilder"
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decorative=True) | Q(alt_de__isnull=False) & ~Q(alt_de=""),
                name="media_picture_in_words",
                violation_error_message="Bitte das Bild in Worten beschreiben oder als schmückend kennzeichnen.",
            ),
            models.CheckConstraint(
                condition=Q(decorative=False) | Q(alt_de=None) | Q(alt_de=""),
                name="media_picture_words_or_decorative",
                violation_error_message="Ein schmückendes Bild hat keine Beschreibung.",
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        if not self.file._committed:
            from PIL import Image

            self.file.save(self.file.name, self.file.file, save=False)
            with self.file.storage.open(self.file.name) as file, Image.open(file) as image:
                self.width, self.height = image.size
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        texts = [getattr(self, build_localized_fieldname("alt", code)) or "" for code in languages.BY_CODE]
        if self.decorative and any(texts):
            raise ValidationError(
                {
                    "decorative": "Beides zugleich geht nicht: Ein schmückendes Bild wird nicht vorgelesen, eine "
                    "Beschreibung („Bild in Worten“) schon. Bitte das Kreuz wegnehmen oder die Beschreibung in allen "
                    "Sprachen leeren."
                }
            )
        if not self.decorative and not (self.alt_de or "").strip():
            raise ValidationError(
                {
                    "alt_de": "Wer das Bild nicht sieht, braucht es in Worten, zum Beispiel „Eingang des Kreishauses mit "
                    "Rampe“. Oder es ist schmückend; dann bitte das Kreuz setzen."
                }
            )

    def slug_source(self):
        return self.name

    @classmethod
    def uses(cls) -> list[models.ManyToOneRel]:
        """Where a picture can be shown."""
        return [relation for relation in cls._meta.related_objects if issubclass(relation.related_model, Illustrated)]

    @property
    def version(self):
        """A new file has a new version of the address, so that browsers may keep the old one for good."""
        return PurePath(self.file.name).stem[:8]

    def sizes(self) -> list[Size]:
        """What there is of it, the smallest first; a small picture has no large size."""
        found = []
        for width in WIDTHS:
            real = min(width, self.width)
            url = f"{reverse('picture', args=[self.slug, width])}?{self.version}"
            staff_url = self.file.storage.url(self.file.name_of(width))
            found.append(Size(real, max(1, round(self.height * real / self.width)), url, staff_url))
            if width >= self.width:
                break
        return found

    def is_upright(self):
        return self.height > self.width

    def languages_available(self):
        """The languages this picture is described in, German first."""
        return [code for code in languages.BY_CODE if getattr(self, build_localized_fieldname("alt", code))]
