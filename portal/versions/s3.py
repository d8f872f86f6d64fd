"""Uploads in a bucket (S3 and what speaks like it), for portals that run on several machines."""

from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.utils.deconstruct import deconstructible
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from .files import Keeping


@deconstructible
class KeepingS3Storage(Keeping, S3Storage):
    def put(self, name: str, path: Path) -> None:
        """Copies a file to exactly this name, whatever is there."""
        with path.open("rb") as file:
            self._save(name, File(file))

    def url(self, name: str, *args, **kwargs) -> str:
        """Never the bucket's own address: views hand out uploads, so that a draft's file stays a draft."""
        return settings.MEDIA_URL + filepath_to_uri(name)
