"""Shows readers why something was found: the words of their query, in the title and in a piece of the text."""

from collections.abc import Collection, Iterator
from re import Match

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from . import words

BEFORE, LENGTH = 60, 220  # letters of a snippet: before the first hit, and in all


def found_in(text: str, language: str, tokens: Collection[str]) -> Match[str] | None:
    return next(hits(text, language, tokens), None)


def hits(text: str, language: str, tokens: Collection[str]) -> Iterator[Match[str]]:
    forms = words.forms  # looked up once: a page asks it a thousand times
    return (word for word in words.WORD.finditer(text) if not forms(word[0], language).isdisjoint(tokens))


def marked(text: str, language: str, tokens: Collection[str]) -> SafeString:
    """The text as HTML, with the words that were found in <mark>."""
    html, end = SafeString(), 0
    for word in hits(text, language, tokens):
        html += format_html("{}<mark>{}</mark>", text[end : word.start()], word[0])
        end = word.end()
    return html + conditional_escape(text[end:])


def snippet(text: str, first: Match[str] | None) -> str:
    """Whole words around the first hit, or the beginning where there is none."""
    start = max(first.start() - BEFORE, 0) if first else 0
    if start:
        start = text.find(" ", start, first.start()) + 1 or first.start()
    end = start + LENGTH
    if end < len(text):
        end = max(text.rfind(" ", start, end), first.end() if first else 0)
        if end <= start:
            end = start + LENGTH  # one endless word
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"
