from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import Resolver404, resolve
from django.utils.translation import get_language
from django_prose_editor.fields import ProseEditorField

# What staff may write, and nothing else: no colours, no fonts, no pictures between the lines.
EXTENSIONS = {
    "Bold": True,
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "Heading": {"levels": [2, 3]},
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "HardBreak": True,
}


class RichTextField(ProseEditorField):
    """HTML from the editor, cleaned on every way into the database.

    The library cleans in forms only; `.save()`, `bulk_create()`, `update()` and imports pass by them.
    """

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("config", {"extensions": EXTENSIONS})
        kwargs.setdefault("sanitize", True)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return self.sanitize(value) if value else value


def validate_link(value):
    """A path of this portal without language ("/stellen/"), or an https, http, mailto or tel address."""
    if value.startswith("/") and not value.startswith("//"):
        try:
            resolve(f"/{get_language()}{urlsplit(value).path}")
        except Resolver404:
            raise ValidationError(
                "Diese Adresse gibt es im Portal nicht. Richtig ist zum Beispiel „/stellen/“, "
                "ohne Sprache am Anfang und mit Schrägstrich am Ende."
            ) from None
    elif urlsplit(value).scheme not in {"https", "http", "mailto", "tel"}:
        raise ValidationError("Bitte mit „https://“, „mailto:“, „tel:“ oder „/“ beginnen.")


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


def localized_link(link: str) -> str:
    """The address for a LinkField's value: "/stellen/" becomes "/ar/stellen/" for Arabic readers."""
    return f"/{get_language()}{link}" if link.startswith("/") else link
