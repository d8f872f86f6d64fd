"""When are two addresses the same house? However they are written: "Musterstr. 5a", "Muster-Straße 5 A"."""

import re

from portal.search.words import fold

from .models import Location


def key(street: str, postal_code: str, city: str) -> tuple[str, str, str]:
    # Numbers stay apart from each other: "Weg 1/1" is not "Weg 11".
    parts = (fold(part) for part in re.findall(r"\d+|[^\W\d_]+", re.sub(r"(?i)str\b\.?", "straße", street)))
    words = "".join(f" {part} " if part.isdigit() else part for part in parts).split()
    return " ".join(words), fold(postal_code), fold(city)


def find(street: str, postal_code: str, city: str, title: str = "") -> Location | None:
    """The house that is there already; where several share an address, the one of that name."""
    wanted = key(street, postal_code, city)
    houses = Location.objects.filter(kind=Location.Kind.PHYSICAL, postal_code__icontains=postal_code.strip())
    same = [house for house in houses.order_by("pk") if key(house.street, house.postal_code, house.city) == wanted]
    same.sort(key=lambda house: fold(house.title_de or "") != fold(title))
    return same[0] if same else None
