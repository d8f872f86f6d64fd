"""Every address of the portal, for tests that go everywhere."""

import re

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import LocalePrefixPattern, RoutePattern, URLResolver


def routes(patterns=None, before=""):
    """Every address of the portal as a text with <holes>."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern.pattern, LocalePrefixPattern):
            own = "de/"
        elif isinstance(pattern.pattern, RoutePattern):
            own = re.sub(r"<(?:(\w+):)?(\w+)>", r"<\2>", pattern.pattern._route)
        else:
            own = re.sub(r"\(\?P<(\w+)>(?:\[[^]]*\]|\\.|[^()])*\)", r"<\1>", pattern.pattern.regex.pattern)
            own = own.strip("^$").replace("\\", "")
        if isinstance(pattern, URLPattern):
            yield before + own
        else:
            yield from routes(pattern.url_patterns, before + own)


def named(patterns=None, before=""):
    """Every address as `resolve()` names it, in its `route`."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = URLResolver._join_route(before, str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from named(pattern.url_patterns, route)
