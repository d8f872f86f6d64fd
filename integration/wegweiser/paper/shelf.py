"""Booklets that are kept: made ahead, or when the first reader asks, and never handed out once they are out of date.

A booklet's name is made of all it depends on: the version of the directory, the day (opening hours, "as of"), who and
what it is for. What has the name is therefore right, and a change anywhere simply asks for another name.
"""

import fcntl
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import get_language

from .. import filters, index
from ..models import DirectoryVersion
from . import booklet

TEMPLATE = Path(__file__).with_name("booklet.typ")
FOLDER = "booklets"
KEPT = 200  # of one version; a filtered list has countless ones
MOST = 1000  # services; more would be a book, and take a gigabyte of memory to make
PATIENCE = 3  # seconds a reader waits for another one's booklet

_turn = threading.Lock()


class Busy(Exception):
    """Others are being made; ask again in a moment."""


def everything() -> list[int]:
    """The whole directory, in the order of the list without filters in the active language."""
    current, language = index.current(), get_language()
    directory = filters.Directory(current, filters.Selection(), lambda: current.findable(language))
    return [pk for _name, pk in directory.ids()]


def path(ids: list[int], words: str, address: str, language: str) -> str:
    token = DirectoryVersion.objects.values_list("token", flat=True).first()
    folder = f"{timezone.localdate():%Y%m%d}-{token}"
    content = json.dumps([folder, ids, words, address, language, TEMPLATE.read_text()])
    return f"{FOLDER}/{folder}/{sha256(content.encode()).hexdigest()[:32]}.pdf"  # the last part is the ETag


def find_or_make(ids: list[int], words: str, address: str, language: str, patience: float = PATIENCE) -> str:
    """The name of the booklet in the storage."""
    name = path(ids, words, address, language)
    if default_storage.exists(name):
        return name
    # Of a process's threads one may wait here; the others go on serving pages.
    if not _turn.acquire(blocking=False):
        raise Busy
    try:
        with one_at_a_time(patience):
            if not default_storage.exists(name):  # another process has just made it
                keep(name, booklet.booklet(ids, words, address, language))
    finally:
        _turn.release()
    return name


@contextmanager
def one_at_a_time(patience: float) -> Iterator[None]:
    """On this machine: each takes a processor and hundreds of megabytes."""
    until = time.monotonic() + patience
    with (settings.DATA_DIR / "booklet.lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # closing the file opens the lock
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Busy from None
                time.sleep(0.1)
        yield


def keep(name: str, pdf: bytes) -> None:
    clear(current=name.split("/")[1])
    default_storage.save(name, ContentFile(pdf))


def clear(current: str) -> None:
    """What no name leads to any more goes; so does, of too many, any: it is made again in a second."""
    try:
        folders, _files = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return
    for folder in folders:
        _folders, files = default_storage.listdir(f"{FOLDER}/{folder}")
        for file in files[KEPT - 1 :] if folder == current else files:
            default_storage.delete(f"{FOLDER}/{folder}/{file}")
        if folder != current:
            default_storage.delete(f"{FOLDER}/{folder}")
