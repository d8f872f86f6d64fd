"""Uploads stay as long as a version names them: what is brought back has its files."""

from pathlib import PurePath

from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

DRAWN = 32  # letters of a name


class Keeping:
    def delete(self, name):
        if not is_named(name):
            super().delete(name)


@deconstructible
class KeepingStorage(Keeping, FileSystemStorage):
    """Uploads in a folder."""


def is_named(name: str) -> bool:
    from reversion.models import Version  # a storage is made before there are models

    # Names are drawn at random (portal/files.py), so nothing else can look like them; a picture's smaller sizes begin
    # as it does, and stay with it.
    drawn = PurePath(name).stem[:DRAWN]
    return len(drawn) == DRAWN and Version.objects.filter(serialized_data__contains=drawn).exists()
