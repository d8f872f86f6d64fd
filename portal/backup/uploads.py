"""The uploads, in a folder or in a bucket: what there is, and how they come back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.storage import default_storage

from . import tables
from .sealing import BackupError


@contextmanager
def bucket_is_said() -> Iterator[None]:
    if not settings.S3_BUCKET:
        yield
        return
    from botocore.exceptions import BotoCoreError, ClientError  # a large library, and most portals have no bucket

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise BackupError(
            f"Der Speicher für Hochgeladenes (S3_BUCKET) antwortet nicht wie erwartet: {error}"
        ) from error


def names() -> list[str]:
    """What is there now: an upload is written before the row that names it, so nothing named is missing."""
    folders = tuple(name for name in tables.left_out() if name.endswith("/"))
    return sorted(name for name in inside("") if not name.startswith(folders))


def inside(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return  # nothing has been uploaded yet, or is any more
    for name in files:
        if not name.startswith("."):
            yield folder + name
    for name in folders:
        if not name.startswith("."):
            yield from inside(f"{folder}{name}/")


class Files:
    """Taken in beside their places. If something fails after they were moved, they are taken out again."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.taken: list[str] = []
        self.new: list[str] = []

    def take(self, name: str, content: BinaryIO) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        path.chmod(settings.FILE_UPLOAD_PERMISSIONS)
        self.taken.append(name)

    def put_in_place(self) -> None:
        for name in self.taken:
            if not default_storage.exists(name):
                self.new.append(name)
            # Names are drawn at random: what has the same name is the same file.
            default_storage.put(name, self.folder / name)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind:
            for name in self.new:
                default_storage.remove(name)

    def remove_others(self) -> None:
        """What no longer belongs to anything; the temporary folder goes by itself."""
        kept = set(self.taken)
        for name in names():
            if name not in kept:
                default_storage.remove(name)
