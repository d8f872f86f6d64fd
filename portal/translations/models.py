from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from portal import languages
from portal.models import validate_languages


class Translation(models.Model):
    """How far a content, with all that belongs to it, is translated into a language."""

    is_content = False

    class State(models.IntegerChoices):
        """The worst of its texts counts."""

        NOTHING = 0, "nichts zu übersetzen"
        CURRENT = 1, "aktuell"
        MACHINE = 2, "maschinell übersetzt"
        OUTDATED = 3, "veraltet"
        MISSING = 4, "fehlt"

    kind = models.CharField(max_length=100)  # the content's model, as "offices.office"
    object_id = models.BigIntegerField()
    language = models.CharField(
        "Sprache", max_length=12, choices=[(x.code, x.german_name) for x in languages.LANGUAGES]
    )
    state = models.PositiveSmallIntegerField("Zustand", choices=State)
    as_of = models.DateField(
        "Stand", null=True
    )  # only where a text is outdated: when the oldest of them was translated

    class Meta:
        verbose_name = "Übersetzung"
        verbose_name_plural = "Übersetzungen"
        permissions = [("translate", "Darf Inhalte in die eigenen Sprachen übersetzen")]
        constraints = [models.UniqueConstraint(fields=["kind", "object_id", "language"], name="translations_unique")]
        indexes = [models.Index(fields=["language", "state"], name="translations_state")]

    def __str__(self):
        return f"{self.kind} {self.object_id} ({self.language})"

    @classmethod
    def outdated_since(cls, content: models.Model, language: str) -> date | None:
        """Of which day the oldest outdated text is."""
        found = cls.objects.filter(kind=content._meta.label_lower, object_id=content.pk, language=language)
        return found.values_list("as_of", flat=True).first()


class Origin(models.Model):
    """From which German text each translation of a row was made."""

    is_content = False

    kind = models.CharField(max_length=100)
    object_id = models.BigIntegerField()
    owner_kind = models.CharField(max_length=100)  # the content it belongs to; a content belongs to itself
    owner_id = models.BigIntegerField()
    # {"ar": {"title": [digest of the German text, digest of the translation, "2026-11-22"]}}
    made_from = models.JSONField(default=dict)
    # {"ar": [state, "2026-11-22"]}: the worst of its texts, and since when the oldest outdated one is as it is
    states = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="translations_origin_unique")]
        indexes = [models.Index(fields=["owner_kind", "owner_id"], name="translations_origin_owner")]

    def __str__(self):
        return f"{self.kind} {self.object_id}"


class SourceText(models.Model):
    """A German text that a translation was made from, to show what has changed since."""

    is_content = False

    digest = models.CharField(max_length=32, primary_key=True)
    text = models.TextField()

    def __str__(self):
        return self.text[:60]


class Translator(models.Model):
    """Into which languages somebody of the group Übersetzung translates."""

    is_content = False

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="translator")
    languages = models.JSONField(
        "übersetzt in diese Sprachen", default=list, blank=True, validators=[validate_languages]
    )

    class Meta:
        verbose_name = "Übersetzerin oder Übersetzer"
        verbose_name_plural = "Übersetzung"

    def __str__(self):
        return ", ".join(languages.BY_CODE[code].german_name for code in self.languages)

    def clean(self):
        if languages.SOURCE in self.languages:
            raise ValidationError({"languages": "Deutsch ist die Sprache, aus der übersetzt wird."})
