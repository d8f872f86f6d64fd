"""What has changed between two texts, word by word."""

import difflib
import re
from html import unescape

from django.utils.html import escape, format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString

BLOCK_END = re.compile(r"<br ?/?>|</(?:p|li|h\d|ul|ol)>")
MAX_WORDS = 4000  # comparing takes the square of it
# Words to hear where others see colours and lines.
TAGS = {
    "del": '<del><span class="visually-hidden">entfällt: </span>{}<span class="visually-hidden">, </span></del>',
    "ins": '<ins><span class="visually-hidden">neu: </span>{}<span class="visually-hidden">, </span></ins>',
}


def marked(old: str, new: str) -> tuple[SafeString, SafeString]:
    """Both texts, the old one with what goes (<del>), the new one with what comes (<ins>)."""
    before, after = words(old), words(new)
    left, right = SafeString(), SafeString()
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[a:b]), "".join(after[c:d])
        left += escape(gone) if kind == "equal" or not gone else format_html("<del>{}</del>", gone)
        right += escape(come) if kind == "equal" or not come else format_html("<ins>{}</ins>", come)
    return left, right


def words(text: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", text)


def plain(html: str) -> str:
    return unescape(strip_tags(BLOCK_END.sub(lambda tag: f"{tag[0]} ", html)))


def in_one(before: str, after: str, rich: bool = False) -> SafeString | None:
    """The new text with what has gone and what has come; None where no word has changed, or there are too many."""
    if rich:
        before, after = plain(before), plain(after)
    old, new = before.split(), after.split()
    if old == new or len(old) + len(new) > MAX_WORDS:
        return None
    pieces = []
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(format_html("{}", " ".join(new[c:d])))
            continue
        if a < b:
            pieces.append(format_html(TAGS["del"], " ".join(old[a:b])))
        if c < d:
            pieces.append(format_html(TAGS["ins"], " ".join(new[c:d])))
    return format_html_join(" ", "{}", ([piece] for piece in pieces))
