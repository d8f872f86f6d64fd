import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import Resolver404, resolve
from django.utils.translation import get_language
from django_prose_editor.fields import ProseEditorField, create_sanitizer

from . import languages, rich_text
from .on_demand import view_class

# What staff may write, and nothing else: no colours, no fonts, no pictures between the lines.
EXTENSIONS = {
    "Bold": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Heading": {"levels": [2, 3]},
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "HardBreak": True,
    "LanguageOfPart": True,  # ours: static/admin_portal/editor.js, and DJANGO_PROSE_EDITOR_EXTENSIONS in the settings
}


class RichTextField(ProseEditorField):
    """HTML from the editor, cleaned on every way into the database.

    The library cleans in forms only; `.save()`, `bulk_create()`, `update()` and imports pass by them.
    """

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("config", {"extensions": EXTENSIONS})
        kwargs.setdefault("sanitize", [rich_text.tidy, create_sanitizer])
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs):
        field = super().formfield(**kwargs)
        field.validators.append(validate_text_links)
        return field

    def clean(self, value, instance):
        value = super().clean(value, instance)
        rich_text.validate_headings(value)
        return value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return self.sanitize(value) if value else value


SCHEMES = ("https://", "http://", "mailto:", "tel:")

# Beyond these years Python's and PostgreSQL's calendars part company, and a typing error becomes an outage.
SENSIBLE_TIME = [
    MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC), "Bitte das Jahr prüfen."),
    MaxValueValidator(datetime(2200, 1, 1, tzinfo=UTC), "Bitte das Jahr prüfen."),
]


def validate_link(value):
    """A path of this portal without language ("/stellen/"), or an https, http, mailto or tel address."""
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValidationError("Das ist keine Adresse.") from None
    if value.startswith("/") and not value.startswith("//"):
        try:
            resolve(f"/{get_language()}{parts.path}")
        except Resolver404:
            raise ValidationError(NO_SUCH_PAGE) from None
    elif not value.startswith(SCHEMES) or not (parts.netloc if "//" in value else parts.path):
        raise ValidationError("Bitte mit „https://“, „mailto:“, „tel:“ oder „/“ beginnen.")


NO_SUCH_PAGE = (
    "Diese Adresse gibt es im Portal nicht. Richtig ist zum Beispiel „/stellen/“, "
    "ohne Sprache am Anfang und mit Schrägstrich am Ende."
)


def leads_nowhere(link: str) -> bool:
    """Is this a valid path of the portal at which there is nothing (no such page, no such office)?"""
    if not link.startswith("/"):
        return False
    match = resolve(f"/{get_language()}{urlsplit(link).path}")
    model = getattr(view_class(match), "model", None)
    return model is not None and "slug" in match.kwargs and not model.objects.filter(slug=match.kwargs["slug"]).exists()


def dead_links(html: str) -> list[str]:
    """The links of a text into the portal that lead to nothing, with or without a language in front."""
    codes = "|".join(languages.BY_CODE)
    found = []
    for link in re.findall(r'href="(/[^/"][^"]*)"', html or ""):
        path = re.sub(rf"^/(?:{codes})(?=/)", "", link)
        try:
            dead = leads_nowhere(path)
        except Resolver404:
            dead = True
        if dead:
            found.append(link)
    return found


def validate_text_links(html):
    if dead := dead_links(html):
        raise ValidationError(f"Diese Links führen ins Leere: {', '.join(dead)}")


class LinkFormField(forms.CharField):
    """Asks the database too. The model's own validation cannot: an example's pages may come after its links."""

    def run_validators(self, value):
        super().run_validators(value)
        if value:
            validate_link(value)
        if value and leads_nowhere(value):
            raise ValidationError(NO_SUCH_PAGE)


class LinkField(models.CharField):
    """Where a link leads: within the portal in the reader's language, or out of it."""

    default_validators = [validate_link]
    description = "Link"

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 500)
        kwargs.setdefault(
            "help_text",
            "Eine Seite dieses Portals ohne Sprache, zum Beispiel „/stellen/“, oder eine Adresse mit „https://“.",
        )
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": LinkFormField, **kwargs})


def localized_link(link: str) -> str:
    """The address for a LinkField's value: "/stellen/" becomes "/ar/stellen/" for Arabic readers."""
    if link.startswith("/") and not link.startswith("//"):
        return f"/{get_language()}{link}"
    return link if link.startswith(SCHEMES) else ""
