"""From what a reader typed to what is found.

Each word of the query is first widened to words that are really there: the word itself and its inflections,
longer words that begin with it, and compounds it is a part of ("Sprachkurs" for "Kurs"). A compound counts
where what is left on either side is a word of the portal too, so that "Amt" finds "Jugendamt" but not "gesamt".
A word of which nothing is known is taken for a typing error. Then all words of the query have to match.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from django.db.models import Case, IntegerField, Q, When
from django.db.models.functions import Length

from portal import languages

from . import words
from .models import IN_TITLE, SearchWord

MAX_WORDS = 8
MAX_TOKENS = 60  # how many longer words a word is widened to, the shortest first
MAX_CANDIDATES = 500
MAX_ASKED = 5000
MIN_PART = 3  # letters of a part of a compound: "be" and "ge" are none
LINKS = ("", "s", "es", "n", "en", "er", "e")  # what German puts between the parts of a compound
RANKS = range(4)  # how well a content fits a word, 0 is best: see Word.groups()
MISSPELT = range(4, 21)  # in shorter words every other word is one letter away


@dataclass
class Word:
    """A word of the query, and the tokens it stands for."""

    written: str
    exact: frozenset[str]
    longer: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)
    around: list[str] = field(default_factory=list)  # whatever has its letters; some of it by chance
    instead: dict[str, str] = field(default_factory=dict)  # where it was misspelt: token and word

    @property
    def folded(self) -> str:
        return words.fold(self.written)

    @property
    def tokens(self) -> list[str]:
        return [*self.exact, *self.longer, *self.inside]

    def groups(self) -> list[list[str]]:
        """One for each rank: in the title the word, what begins with it, what has it within; anything anywhere."""
        within = self.around if self.inside else []
        in_title = [[IN_TITLE + token for token in tokens] for tokens in (self.exact, self.longer, within)]
        return [*in_title, self.tokens]


def read(text: str, language: str) -> list[Word]:
    """The words of a query with what they stand for, in two queries to the database."""
    found = [
        Word(written, words.forms(written, language) | words.forms(written, languages.SOURCE))
        for written, _number in zip(words.in_query(text), range(MAX_WORDS), strict=False)
    ]
    if found:
        widen(found, language)
    return found


def widen(query: list[Word], language: str) -> None:
    vocabulary = SearchWord.objects.filter(language=language)
    exact = set().union(*(word.exact for word in query))
    parts = {form for form in exact if len(form) >= MIN_PART}
    wanted = Q(word__in=exact)
    for part in sorted(parts):
        wanted |= Q(word__contains=part)
    # The words themselves first, so that the limit never cuts them off; the same order on every database.
    order = Case(When(word__in=exact, then=0), default=1, output_field=IntegerField()), Length("word"), "pk"
    candidates = list(vocabulary.filter(wanted).order_by(*order).values_list("word", flat=True)[:MAX_CANDIDATES])

    compounds = {(word.written, token): list(cuts(token, word.exact & parts)) for word in query for token in candidates}
    asked: set[str] = set()
    for found in compounds.values():
        if len(asked) < MAX_ASKED:
            asked.update(piece for sides in found for rest in sides for piece in pieces(rest))
    meant = {}
    for word in query:
        known = any(token in word.exact or token.startswith(word.folded) for token in candidates)
        if not known and len(word.folded) in MISSPELT:
            meant[word.written] = words.misspelt(word.folded)
            asked.update(meant[word.written])
    there = dict(vocabulary.filter(word__in=asked).values_list("word", "written")) if asked else {}

    for word in query:
        beginning = word.folded if len(word.folded) >= MIN_PART else None
        for token in candidates:
            if token in word.exact:
                continue
            if compounds[word.written, token]:
                word.around.append(token)
            if beginning and token.startswith(beginning):
                word.longer.append(token)
            elif any(all(made_of(rest, there) for rest in sides) for sides in compounds[word.written, token]):
                word.inside.append(token)
        del word.longer[MAX_TOKENS:], word.inside[MAX_TOKENS:]
        if word.written in meant and not word.longer and not word.inside:
            correct(word, meant[word.written], there)


def cuts(token: str, parts: frozenset[str]) -> Iterator[tuple[str, str]]:
    """For each place of a part in a longer word: what is left before and after it."""
    for part in parts:
        start = token.find(part)
        while start >= 0:
            yield token[:start], token[start + len(part) :]
            start = token.find(part, start + 1)


def pieces(rest: str) -> Iterator[str]:
    """Whatever in a rest could be a word."""
    for start in range(len(rest)):
        for end in range(start + MIN_PART, len(rest) + 1):
            yield rest[start:end]


def made_of(rest: str, there: Container[str], parts: int = 2) -> bool:
    """Is it nothing but one word or two, with their linking letters? "fahrrad" of "Fahrradkurs" is "fahr" and "rad"."""
    if rest in LINKS:
        return True
    return parts > 0 and any(
        rest[len(link) : end] in there and made_of(rest[end:], there, parts - 1)
        for link in LINKS
        if rest.startswith(link)
        for end in range(len(link) + MIN_PART, len(rest) + 1)
    )


def correct(word: Word, meant: dict[str, int], there: dict[str, str]) -> None:
    """Takes the likeliest of the words that may have been meant; several, if they are equally likely."""
    known = meant.keys() & there.keys()
    if known:
        likeliest = min(meant[token] for token in known)
        word.instead = {token: there[token] for token in sorted(known) if meant[token] == likeliest}
        word.exact = frozenset(word.instead)
