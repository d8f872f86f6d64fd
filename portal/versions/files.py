"""Uploads stay as long as a version names them: what is brought back has its files."""

from pathlib import Path, PurePath

from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

DRAWN = 32  # letters of a name


class Keeping:
    def delete(self, name):
        if not is_named(name):
            self.remove(name)

    def remove(self, name: str) -> None:
        """Whoever names it."""
        super().delete(name)


@deconstructible
class KeepingStorage(Keeping, FileSystemStorage):
    """Uploads in a folder."""

    def put(self, name: str, path: Path) -> None:
        """Moves a file that lies in the same folder to its name, whatever is there."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def is_named(name: str) -> bool:
    from reversion.models import Version  # a storage is made before there are models

    # Names are drawn at random (portal/files.py), so nothing else can look like them; a picture's smaller sizes begin
    # as it does, and stay with it.
    drawn = PurePath(name).stem[:DRAWN]
    return len(drawn) == DRAWN and Version.objects.filter(serialized_data__contains=drawn).exists()
