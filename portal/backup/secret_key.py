"""The secret key comes from a file or is typed; never from the command line,
which others on the machine can read."""

import getpass
import sys
from pathlib import Path

from . import sealing
from .sealing import BackupError


def add_key_argument(parser) -> None:
    parser.add_argument(
        "--key",
        type=Path,
        help="Datei mit dem geheimen Schlüssel; ohne sie wird danach gefragt (oder aus stdin gelesen).",
    )


def secret_for(path: Path, key: Path | None) -> str | None:
    """None where none is needed."""
    try:
        if not sealing.is_sealed(path):
            return None
        if key:
            text = key.read_text()
        elif sys.stdin.isatty():
            text = getpass.getpass("Geheimer Schlüssel (AGE-SECRET-KEY-1…): ")
        else:
            text = sys.stdin.readline()
    except OSError as error:
        raise BackupError(f"{error.filename}: lässt sich nicht lesen ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise BackupError(f"{key} ist keine Datei mit einem Schlüssel.") from None
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return lines[0] if lines else ""
