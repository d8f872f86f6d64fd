"""Forms as a browser sends them."""

import re
from html import unescape


def form_data(html):
    """What a browser would send for the page's form: every field with the value it shows."""
    data = {}
    for tag in re.findall(r"<input[^>]*>", html):
        attributes = {k: unescape(v) for k, v in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        name, kind = attributes.get("name"), attributes.get("type", "text")
        if (
            not name
            or kind in {"submit", "file", "button"}
            or (kind in {"checkbox", "radio"} and " checked" not in tag)
        ):
            continue
        data.setdefault(name, []).append(attributes.get("value", "on" if kind == "checkbox" else ""))
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', html, re.S):
        data.setdefault(name, []).append(unescape(inner).removeprefix("\n"))
    for name, inner in re.findall(r'<select[^>]*? name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        data.setdefault(name, []).extend(re.findall(r'<option value="([^"]*)"[^>]* selected', inner))
    return {name: values if len(values) != 1 else values[0] for name, values in data.items()}
