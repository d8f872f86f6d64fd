"""Words as the search sees them: it does not matter how they are spelt and inflected."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from threading import Lock
from unicodedata import normalize

STEMMERS = {
    "de": "german",
    "de-simple": "german",
    "en": "english",
    "ru": "russian",
    "ar": "arabic",
    "fa": "persian",
    "tr": "turkish",
    "ro": "romanian",
    "pl": "polish",
    "fr": "french",
}  # there is none for Ukrainian and Kurmanji
STEMMING = Lock()  # a stemmer keeps the word it works on in itself, and gunicorn has threads

AND_THE = "وال"  # written as part of the word; the stemmer knows "the" alone

MAX_LENGTH = 50  # letters of a word; longer ones are no words

# Accents, harakat, soft hyphens: part of a word without being letters.
MARKS = "\u00ad\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200d"
LETTERS = rf"[^\W_][^\W_{MARKS}]*(?:[{MARKS}]+[^\W_{MARKS}]*)*"
# "E-Mail", "l'école", "сім’я", "Berater*innen", Persian's zero-width non-joiner: one word, and its parts.
JOINTS = "-‐‑'’ʼ`´*:·_\u200c"
WORD = re.compile(rf"{LETTERS}(?:[{JOINTS}]{LETTERS})*")
JOINT = re.compile(rf"[{JOINTS}]")

# What Unicode does not take apart: letters with strokes, and Arabic ones that look alike.
ALIKE = str.maketrans(
    {
        **dict(zip("ıłøđœæґٱىیکةەہھ", ("i", "l", "o", "d", "o", "a", "г", *"اييكهههه"), strict=True)),
        **{chr(zero + digit): str(digit) for zero in (0x660, 0x6F0) for digit in range(10)},
        "\u0640": None,  # tatweel only stretches
    }
)
# "Behoerde", "Behörde" and "Behorde" are one word. The "ue" of "neue", "Bauer" and "Quelle" is no "ü".
WRITTEN_OUT = re.compile(r"ae|oe|(?<![aeoq])ue")


@lru_cache(maxsize=2**16)  # most words come again and again
def fold(word: str) -> str:
    """The letters of a word, without anything that readers may write differently."""
    word = normalize("NFKC", word).casefold().replace("\u00ad", "")
    word = WRITTEN_OUT.sub(lambda found: found[0][0], word)  # before "ä" loses its dots: "Europäer" has no "äe"
    return "".join(letter for letter in normalize("NFKD", word).translate(ALIKE) if letter.isalnum())[:MAX_LENGTH]


def parts(word: str) -> list[str]:
    return JOINT.split(word)


@lru_cache(maxsize=2**16)
def stems(word: str, language: str) -> frozenset[str]:
    """The stem of a word as it is written and as many write it, without accents: "çocuklar" and "cocuklar"."""
    if language not in STEMMERS:
        return frozenset()
    spellings = [word.lower(), fold(word)]
    if language == "ar" and fold(word).startswith(AND_THE):
        spellings.append(fold(word)[1:])
    with STEMMING:
        return frozenset(fold(stemmer(language).stemWord(spelling)) for spelling in spellings)


@cache
def stemmer(language: str):
    import snowballstemmer  # 4 MB, and most pages look for nothing

    return snowballstemmer.stemmer(STEMMERS[language])


@lru_cache(maxsize=2**16)
def forms(word: str, language: str) -> frozenset[str]:
    """All that a written word can be found by: itself, its parts, and their stems."""
    spellings = {word, *parts(word)}
    found = {fold(spelling) for spelling in spellings}
    return frozenset(found.union(*(stems(spelling, language) for spelling in spellings)) - {""})


@lru_cache(maxsize=64)  # a content's German words are asked for again with each of its languages
def tokens(text: str, language: str) -> dict[str, str]:
    """What a text can be found by, each with the word it comes from."""
    found: dict[str, str] = {}
    for match in WORD.finditer(text):
        folded = fold(match[0])
        for form in forms(match[0], language):
            if form == folded or form not in found:
                found[form] = match[0]
    return found


def in_query(text: str) -> Iterator[str]:
    """The words of a query, each once; of "Integrations-Kurs" both parts, of "l'école" and "E-Mail" the long one."""
    seen = {""}
    for match in WORD.finditer(text):
        every = parts(match[0])
        for part in [part for part in every if len(fold(part)) > 2] or every:
            if (folded := fold(part)) not in seen:
                seen.add(folded)
                yield part


# Typing errors --------------------------------------------------------------------------------------

ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзиклмнопрстуфхцчшщъыьэюяє",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويپچژگ",
)


def misspelt(word: str) -> dict[str, int]:
    """What may have been meant by a folded word, if one key was hit wrongly; the likeliest have the lowest number."""
    alphabet = next((letters for letters in ALPHABETS if any(letter in letters for letter in word)), "")
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    swapped = {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    one_off = {a + b[1:] for a, b in splits if b} | {a + letter + b for a, b in splits for letter in alphabet}
    wrong = {a + letter + b[1:] for a, b in splits if b for letter in alphabet}
    meant = {**dict.fromkeys(wrong, 2), **dict.fromkeys(one_off, 1), **dict.fromkeys(swapped, 0)}
    meant.pop(word, None)
    return meant
