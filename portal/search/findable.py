"""What the readers of one language can find, kept in memory for as long as nothing changes.

The database says which contents have a word, once for each query; how well they fit, of which kind they are, how many, and
what of them is public at this moment are sets (portal/sets.py), which cost next to nothing with a hundred thousand, too.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from django.utils import timezone

from portal import sets

from . import query
from .models import SearchEntry, having

ANSWERS = 200  # queries whose answers are kept, of a few bits per content each

Ranks = dict[int, int]  # how well it fits (0 is best) → contents


class Answer(NamedTuple):
    words: list[query.Word]
    ranks: Ranks


class Findable:
    def __init__(self, language: str, place_of: Mapping[int, int], size: int):
        """`place_of` says where in its order each entry stands; what has no place there is not found."""
        self.language, self.place_of, self.size = language, place_of, size
        self.ask = lru_cache(ANSWERS)(self.answer)

    def answer(self, text: str) -> Answer:
        words = query.read(text, self.language)
        ranks = {0: (1 << self.size) - 1} if words else {}
        groups: list[list[int]] = [[] for _word in words for _group in query.RANKS]
        for group, number in having(self.language, [group for word in words for group in word.groups()]):
            if (place := self.place_of.get(number)) is not None:
                groups[group].append(place)
        fitting = [sets.of(places, self.size) for places in groups]
        for number in range(0, len(groups), len(query.RANKS)):
            *in_title, anywhere = fitting[number : number + len(query.RANKS)]
            so_far, ranks = ranks, defaultdict(int)
            for rank, fits in enumerate((*in_title, anywhere)):
                for before, contents in so_far.items():
                    ranks[before + rank] |= contents & fits & anywhere
                anywhere &= ~fits
        return Answer(words, {rank: ranks[rank] for rank in sorted(ranks) if ranks[rank]})


class Place(NamedTuple):
    """A hit, and how many its kind has in all."""

    kind: str
    object_id: int
    rank: int
    count: int


class Site:
    """Everything of the portal in one language: of each kind the newest first."""

    def __init__(self, language: str):
        columns = ("pk", "kind", "object_id", "publish_from", "publish_until")
        rows = SearchEntry.objects.filter(language=language, status=SearchEntry.Status.PUBLISHED)
        found = sorted(rows.order_by().values_list(*columns), key=lambda row: (row[1], -row[2]))
        self.ids = [row[2] for row in found]
        self.temporary = [(1 << place, *row[3:]) for place, row in enumerate(found) if row[3] or row[4]]
        begins = [place for place, row in enumerate(found) if not place or row[1] != found[place - 1][1]]
        self.kinds = {found[first][1]: (1 << end) - (1 << first) for first, end in pairwise([*begins, len(found)])}
        self.findable = Findable(language, {row[0]: place for place, row in enumerate(found)}, len(found))

    def places(self, found: Ranks, kind: str, first: int, last: int) -> list[Place]:
        """The hits from the first to the last place of each kind, or of one."""
        hidden = sets.hidden(self.temporary, timezone.now())
        places = []
        for name, contents in self.kinds.items():
            if kind and name != kind:
                continue
            ranks = {rank: fits & contents & ~hidden for rank, fits in found.items()}
            count = sum(fits.bit_count() for fits in ranks.values())
            hits = ((place, rank) for rank, fits in ranks.items() for place in sets.positions(fits))
            places += [Place(name, self.ids[place], rank, count) for place, rank in islice(hits, first - 1, last)]
        return places
