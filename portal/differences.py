"""What has changed between two texts, word by word."""

import difflib
import re

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString


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
