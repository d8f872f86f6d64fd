"""Sets of contents that stand in an order: an integer with a bit for each, so that filtering is `&` and counting is
`bit_count()`, whatever their number."""

from collections.abc import Iterable, Iterator
from datetime import datetime


def of(positions: Iterable[int], size: int) -> int:
    """The set of what stands at these positions, of `size` in all."""
    found = bytearray(size // 8 + 1)
    for position in positions:
        found[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(found, "little")


def union(several: Iterable[int]) -> int:
    found = 0
    for one in several:
        found |= one
    return found


def hidden(temporary: Iterable[tuple[int, datetime | None, datetime | None]], now: datetime) -> int:
    """Of contents that are public from one moment, until another or both: those that are not public now."""
    return union(one for one, start, end in temporary if (start and now < start) or (end and now >= end))


def positions(members: int) -> Iterator[int]:
    """Of a set's members, in order."""
    digits = bin(members)[:1:-1]
    position = digits.find("1")
    while position >= 0:
        yield position
        position = digits.find("1", position + 1)
