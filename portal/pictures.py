"""Uploaded pictures are drawn anew: what is handed out holds the picture and nothing that came with it.

Gone are the place and time a phone notes (EXIF), comments, thumbnails, colour profiles, further frames, and whatever
else hid in the file or behind its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

MAX_PIXELS = 40_000_000  # a larger picture is a mistake, or made to fill the server's memory
LONGEST_SIDE = 2400  # twice as wide as any place a picture has on a page
FEW_COLOURS = 5_000  # a drawing, smooth edges included; a photo has many times more
PROFILE_BYTES = 4_000_000  # the profiles of printers are large, and none is larger than this
QUALITY = 85
FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
BROKEN = "Das Bild ist beschädigt und lässt sich nicht öffnen."
TOO_LARGE = "Das Bild hat zu viele Bildpunkte. Bitte verkleinern und noch einmal hochladen."
# Whatever a broken or hostile file makes of the decoders.
FAILURES = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, MemoryError)


class Redrawn(ContentFile):
    """A picture that has been drawn anew already."""


@contextmanager
def opened(file: File, kind: str) -> Iterator[Image.Image]:
    """The picture, not yet unpacked; says in words when it is none or too large."""
    try:
        file.seek(0)
        with Image.open(file, formats=[FORMATS[kind]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError(TOO_LARGE)
            yield image
    except Image.DecompressionBombError:
        raise ValidationError(TOO_LARGE) from None
    except FAILURES:
        raise ValidationError(BROKEN) from None
    finally:
        file.seek(0)


def shown_size(image: Image.Image) -> tuple[int, int]:
    """Width and height as people see it: a phone stores what is upright lying, and a note to turn it."""
    width, height = image.size
    return (height, width) if image.getexif().get(0x0112) in {5, 6, 7, 8} else (width, height)


def redrawn(file: File, kind: str) -> File:
    """The same picture in a file of our own making, its name ending as the file does."""
    if isinstance(file, Redrawn):
        return file
    with opened(file, kind) as image:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG can be unpacked smaller than it is
        picture = _plain(image)
        few_colours = kind == "png" and bool(image.mode == "P" or picture.getcolors(FEW_COLOURS))
        if max(picture.size) > LONGEST_SIDE:
            picture = _with_all_colours(picture)
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
        if few_colours:
            content, ending = _written(picture, "PNG", optimize=picture.mode == "P"), "png"  # else it takes seconds
        elif kind == "webp" or picture.has_transparency_data:
            content, ending = _written(_with_all_colours(picture), "WEBP", quality=QUALITY), "webp"
        else:
            content = _written(picture, "JPEG", quality=QUALITY, optimize=True, progressive=True)
            ending = "jpg"
    return Redrawn(content, name=f"{(file.name or 'bild').rpartition('.')[0]}.{ending}")


def scaled(image: Image.Image, width: int) -> bytes:
    """The picture as WebP, so wide at most."""
    picture = _with_all_colours(image)
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return _written(picture, "WEBP", quality=80)


def _plain(image: Image.Image) -> Image.Image:
    """Upright, in the colours of screens, 8 bits deep, and without a word beside the pixels."""
    profile = image.info.get("icc_profile")
    image.load()
    picture = ImageOps.exif_transpose(image)
    if picture.mode.startswith("I"):  # 16 bits of grey
        picture = picture.point(lambda value: value / 256).convert("L")
    if profile and len(profile) < PROFILE_BYTES and picture.mode in {"RGB", "RGBA", "CMYK"}:
        picture = _in_screen_colours(picture, profile)
    if picture.mode == "P":
        transparency = picture.info.get("transparency")
        picture.info = {} if transparency is None else {"transparency": transparency}
        return picture
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
    else:
        picture = picture.convert("L" if picture.mode in {"1", "L", "LA"} else "RGB")
    picture.info = {}
    return picture


def _in_screen_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(picture, BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture  # a broken profile; the colours are a little off then


def _with_all_colours(picture: Image.Image) -> Image.Image:
    if picture.mode in {"RGB", "RGBA"}:
        return picture
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _written(picture: Image.Image, name: str, **options) -> bytes:
    file = BytesIO()
    picture.save(file, name, **options)
    return file.getvalue()
