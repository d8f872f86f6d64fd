"""An upload between looking at it and confirming what it would do."""

from datetime import timedelta
from pathlib import PurePath
from uuid import uuid4

from django.core import signing
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

KEEP = timedelta(hours=1)


class KeptFiles:
    def __init__(self, folder: str, salt: str):
        self.folder, self.salt = folder, salt

    def keep(self, file: File, user) -> str:
        """Stores an upload for an hour, and says by which signed name its owner gets it back."""
        self.clear()
        name = default_storage.save(f"{self.folder}/{uuid4().hex}", file)
        return signing.dumps([user.pk, name, PurePath(file.name or "").name[:100]], salt=self.salt)

    def kept(self, token: str, user) -> tuple[str, str] | None:
        """The stored and the original name, for the hour it is kept and for whoever has uploaded it."""
        try:
            owner, stored, name = signing.loads(token, salt=self.salt, max_age=KEEP)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return (stored, name) if owner == user.pk and default_storage.exists(stored) else None

    def clear(self) -> None:
        for stored in stored_in(self.folder):
            try:
                if default_storage.get_modified_time(stored) < timezone.now() - KEEP:
                    default_storage.delete(stored)
            except FileNotFoundError:
                pass  # somebody else was faster


def stored_in(folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
    except FileNotFoundError:
        return []
