"""Encryption in the age format (age-encryption.org/v1), as a stream: a stock `age` program opens it, too.

To whom is said by public keys; the server that makes backups cannot read them.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

MAGIC = b"age-encryption.org/"


class BackupError(Exception):
    """Says in German what is wrong, to whoever has typed the command."""


def new_key() -> tuple[str, str]:
    """The public and the secret half."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


@contextmanager
def sealed(target: BinaryIO, recipients: list[str]) -> Iterator[BinaryIO]:
    """What is written into the file given here arrives encrypted in `target`; as it is, if there is nobody to read it."""
    if not recipients:
        yield target
        return
    keys = [public(key) for key in recipients]
    watched = Watched(target)

    def encrypt(pipe):
        try:
            pyrage.encrypt_io(pipe, watched, keys)
        except pyrage.EncryptError as error:
            raise watched.error or error from None  # the library keeps no more than the words of it

    with piped("rb", encrypt, "wb") as pipe:
        yield pipe


@contextmanager
def opened(source: BinaryIO, secret: str | None) -> Iterator[BinaryIO]:
    """What the file given here yields has been decrypted and was not changed since it was encrypted."""
    if secret is None:
        yield source
        return
    try:
        key = pyrage.x25519.Identity.from_str(secret.strip())
    except pyrage.IdentityError:
        raise BackupError("Das ist kein geheimer Schlüssel. Er beginnt mit AGE-SECRET-KEY-1.") from None

    def decrypt(pipe):
        watched = Watched(pipe)
        try:
            pyrage.decrypt_io(source, watched, [key])
        except pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                raise BackupError("Dieser Schlüssel passt nicht zu dieser Sicherung.") from None
            raise BackupError("Die Sicherung ist beschädigt: Ihr Anfang fehlt oder ist verändert.") from None
        except OSError:
            raise watched.error or BackupError("Die Sicherung ist beschädigt oder unvollständig.") from None

    with piped("wb", decrypt, "rb") as pipe:
        yield pipe
        while pipe.read(1 << 20):  # only at its end is it known to be whole
            pass


def public(key: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise BackupError(f"BACKUP_RECIPIENT: „{key}“ ist kein öffentlicher Schlüssel (age1…).") from None


@contextmanager
def piped(their_mode: str, work: Callable[[BinaryIO], Any], our_mode: str) -> Iterator[BinaryIO]:
    """Runs `work` beside us at the other end of a pipe. What went wrong there is why it went wrong here."""
    reader, writer = os.pipe()
    theirs, ours = (reader, writer) if their_mode == "rb" else (writer, reader)
    failure: list[BaseException] = []

    def run():
        try:
            with os.fdopen(theirs, their_mode) as pipe:
                work(pipe)
        except BrokenPipeError:
            pass  # we have stopped listening, and know why
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        with os.fdopen(ours, our_mode) as pipe:
            yield pipe
    except BaseException:
        thread.join()
        if failure:
            raise failure[0] from None
        raise
    thread.join()
    if failure:
        raise failure[0]


class Watched:
    """A file that remembers why it could not be written."""

    def __init__(self, file: BinaryIO):
        self.file, self.error = file, None

    def write(self, data: bytes) -> int:
        try:
            return self.file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self.file.flush()
