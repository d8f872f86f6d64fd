"""Sets a template with the JSON from standard input and writes the PDF to standard output; see booklet.py.

A program of its own, within limits: a large booklet takes hundreds of megabytes, which go back to the system with it,
and while it is set the portal goes on answering. It therefore imports nothing of the portal.
"""

import io
import json
import os
import resource
import struct
import sys
from pathlib import Path
from unicodedata import category, normalize

import fontpkg
import pikepdf
import typst

MEMORY = 2 * 1024**3  # of addresses; about half of it is ever used
SECONDS = 20
# No font of the system: the same letters on every machine.
FONTS = [fontpkg.path("Noto Sans"), fontpkg.path("Amiri")]
INSTEAD = {"→": "›", "⇒": "›", "➔": "›", "➜": "›", "←": "‹", "✓": "•", "✔": "•"}


def characters(font: Path) -> set[str]:
    """What a font has letters for: its table "cmap", in format 12 (OpenType specification)."""
    data = font.read_bytes()
    (tables,) = struct.unpack_from(">H", data, 4)
    directory = (struct.unpack_from(">4s4xL", data, 12 + 16 * number) for number in range(tables))
    cmap = next(offset for tag, offset in directory if tag == b"cmap")
    (subtables,) = struct.unpack_from(">H", data, cmap + 2)
    found = set()
    for number in range(subtables):
        (offset,) = struct.unpack_from(">L", data, cmap + 8 + 8 * number)
        if struct.unpack_from(">H", data, cmap + offset) == (12,):
            (groups,) = struct.unpack_from(">L", data, cmap + offset + 12)
            for group in range(groups):
                first, last = struct.unpack_from(">LL", data, cmap + offset + 16 + 12 * group)
                found.update(map(chr, range(first, last + 1)))
    return {character for character in found if category(character) != "Cc"}


def printable(text: str, known: set[str]) -> str:
    """PDF/UA allows no sign the fonts lack: then another way to write it, "�" for a letter, nothing for a drawing."""
    text = normalize("NFC", text)
    missing = {}
    for character in set(text) - known - {"\n"}:
        instead = INSTEAD.get(character) or normalize("NFKC", character)
        if not set(instead) <= known:
            instead = "�" if category(character)[0] in "LN" else ""
        missing[ord(character)] = instead
    clean = text.translate(missing)
    return clean if clean.strip() or not text.strip() else "�"  # a heading of nothing is refused


def clean(data, known: set[str]):
    if isinstance(data, str):
        return printable(data, known)
    if isinstance(data, dict):
        return {name: clean(value, known) for name, value in data.items()}
    return [clean(value, known) for value in data] if isinstance(data, list) else data


def compiled(data, template: Path) -> bytes:
    return typst.compile(
        template,
        root=template.parent,
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[font.parent for font in FONTS]
        ),
        # As data and never as source: a title may contain whatever it likes.
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=["ua-1"],
    )


def typeset(data, template: Path) -> bytes:
    known = set.union(*map(characters, FONTS))
    try:
        made = compiled(clean(data, known), template)
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        # A mark that only one font has, on a letter that only the other one has; then without marks.
        made = compiled(clean(data, {character for character in known if category(character) != "Mn"}), template)
    # Less than half the size: phones load it over the air.
    smaller = io.BytesIO()
    with pikepdf.open(io.BytesIO(made)) as pdf:
        pdf.save(smaller, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return smaller.getvalue()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # pages go first
    sys.stdout.buffer.write(typeset(json.load(sys.stdin.buffer), Path(sys.argv[1])))
    sys.stdout.buffer.flush()
    os._exit(0)  # the system takes all the memory back at once; typst would clear it up piece by piece
