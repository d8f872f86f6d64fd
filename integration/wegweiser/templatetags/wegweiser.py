from __future__ import annotations  # whose types are, is loaded with the pages that show them

import json
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import template
from django.template.loader import render_to_string
from django.utils.formats import date_format, localize
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from portal.templatetags.portal import comma

if TYPE_CHECKING:
    from ..cards import Card
    from ..filters import Choice
    from ..hours import State

register = template.Library()

IN_SCRIPT = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.filter
def linked_data(data: dict) -> str:
    """JSON-LD for the page's head; nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False).translate(IN_SCRIPT)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')


@register.filter
def day(moment) -> str:
    """ "Montag, 23. November", as the reader's language writes it."""
    return f"{date_format(moment, 'l')}{comma()} {date_format(moment, 'MONTH_DAY_FORMAT')}"


@register.simple_tag
def state(found: State) -> str:
    """Open or closed at this moment; at any moment there are few different ones, and lists full of them."""
    return state_in(found, get_language())


@lru_cache(maxsize=1000)
def state_in(found: State, language: str) -> str:
    return mark_safe(render_to_string("wegweiser/_state.html", {"state": found}).strip())


@register.simple_tag(takes_context=True)
def noted(context, card: Card) -> str:
    """A card that is drawn already; the page's notice learns what it has to say of it."""
    context["request"].language_notes.update(card.notes)
    return card.html


@register.simple_tag
def options(choices: list[Choice]) -> str:
    """Of a drop-down list. A template's loop over fifty of them would take as long as the rest of the page."""
    found = (
        f'<option value="{escape(choice.value)}"{" selected" if choice.chosen else ""}>'
        f"{escape(choice.label)}{f' ({localize(choice.shown)})' if choice.shown else ''}</option>"
        for choice in choices
    )
    return mark_safe("".join(found))


@register.filter
def map_link(location) -> str:
    """A link out to the map; the portal itself loads nothing from there."""
    if location.latitude is not None:
        point = f"mlat={location.latitude}&mlon={location.longitude}#map=17/{location.latitude}/{location.longitude}"
        return f"https://www.openstreetmap.org/?{point}"
    return f"https://www.openstreetmap.org/search?{urlencode({'query': location.address})}"
