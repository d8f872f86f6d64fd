"""Uploads: what may come in, and how it is handed out."""

import uuid
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import FileField, Model
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deconstruct import deconstructible
from django.utils.http import quote_etag
from django.views.decorators.http import condition

from .pdfs import validate_pdf

# name ending → (Content-Type, first bytes); the bytes decide, the name must agree
TYPES = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "webp": ("image/webp", b"RIFF"),
}
IMAGES = ("png", "jpg", "jpeg", "webp")
DOCUMENTS = ("pdf", *IMAGES)


def ending(name: str) -> str:
    return PurePath(name).suffix.lower().lstrip(".")


def upload_path(instance: Model, filename: str) -> str:
    """A random name in a folder per model: nothing to guess, nothing to overwrite."""
    return f"{instance._meta.model_name}/{uuid.uuid4().hex}.{ending(filename)}"


def refuse_too_large(file: File) -> None:
    if file.size > settings.MAX_UPLOAD_MB * 1024 * 1024:
        raise ValidationError(
            f"Die Datei ist mit {file.size / 1024 / 1024:.1f} MB zu groß. Erlaubt sind {settings.MAX_UPLOAD_MB} MB."
        )


@deconstructible
class UploadValidator:
    """Checks name, size and content of an upload; says what is wrong in the editor's words."""

    def __init__(self, allowed: tuple[str, ...] = DOCUMENTS, shape: tuple[int, int] | None = None):
        self.allowed = allowed
        self.shape = shape  # at most so many times as wide as high, and as high as wide

    def __call__(self, file: File) -> None:
        if getattr(file, "_committed", False):
            return  # stored already, and judged by the rules of its day
        names = ", ".join(kind.upper() for kind in self.allowed if kind != "jpeg")
        kind = ending(file.name or "")
        if kind not in self.allowed:
            raise ValidationError(f"Dateien mit der Endung „{kind}“ gehen hier nicht. Erlaubt sind: {names}.")
        if not file.size:
            raise ValidationError("Die Datei ist leer.")
        refuse_too_large(file)
        file.seek(0)
        head = file.read(1024)
        file.seek(0)
        if not head.startswith(TYPES[kind][1]):
            raise ValidationError(
                f"Die Datei heißt zwar „.{kind}“, enthält aber etwas anderes. "
                "Bitte im richtigen Format speichern und noch einmal hochladen."
            )
        if kind in IMAGES:
            self._check_image(file, kind)
        else:
            validate_pdf(file)

    def _check_image(self, file: File, kind: str) -> None:
        from . import pictures  # Pillow is loaded when somebody uploads a picture: 3 MB

        with pictures.opened(file, kind) as image:
            width, height = pictures.shown_size(image)
        if self.shape and not 1 / self.shape[1] <= width / height <= self.shape[0]:
            raise ValidationError(
                f"Das Bild ist {width} Bildpunkte breit und {height} hoch. Hier darf es höchstens "
                f"{self.shape[0]}-mal so breit wie hoch und {self.shape[1]}-mal so hoch wie breit sein; "
                "bitte zuschneiden und noch einmal hochladen."
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UploadValidator) and (self.allowed, self.shape) == (other.allowed, other.shape)


class Upload(FieldFile):
    """Whichever way a picture comes in, what is stored has been drawn anew."""

    def save(self, name: str, content: File, save: bool = True) -> None:
        if ending(name) in IMAGES:
            from . import pictures

            content = pictures.redrawn(content, ending(name))
            name = content.name or name
        super().save(name, content, save)


class UploadField(FileField):
    """A file that staff upload. In the database and in migrations it is a FileField like any other."""

    attr_class = Upload

    def clean(self, value: Any, model_instance: Model | None) -> Any:
        """Draws a picture anew here already: when that fails, the form can still say so."""
        value = super().clean(value, model_instance)
        if value and not value._committed and ending(value.name) in IMAGES:
            from . import pictures

            value.file = pictures.redrawn(value.file, ending(value.name))
            value.name = value.file.name
        return value

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.FileField", args, kwargs


def serve(request: HttpRequest, stored: str, download_name: str = "") -> HttpResponseBase:
    """Hands out the file stored under that name; whoever calls has checked that it is public.

    Its random name changes with its content, so the name is the ETag. `sandbox` keeps a hostile PDF or
    picture from running anything in the portal's name.
    """

    if ending(stored) not in TYPES:
        raise Http404("Not an upload")

    @condition(etag_func=lambda request: quote_etag(PurePath(stored).stem))
    def respond(request: HttpRequest) -> FileResponse:
        try:
            opened = default_storage.open(stored)
        except (OSError, ValueError):
            raise Http404("The file is missing in the storage") from None
        response = FileResponse(opened, content_type=TYPES[ending(stored)][0], filename=download_name)
        response["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
        )
        response["Cache-Control"] = "no-cache"
        return response

    return respond(request)


def download(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file made just now, for whoever asked for it."""
    return HttpResponse(
        content,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
