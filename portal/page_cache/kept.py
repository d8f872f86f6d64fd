"""What is the same on every page (whose portal this is, the menu, the foot) is made once per version of the contents."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.http import HttpRequest

# Where the page cache says of which version the contents are, and until when they look the same.
VERSION = "portal.version_of_contents"

T = TypeVar("T")
Store = tuple[Hashable, dict[Hashable, Any]]
_lock = threading.Lock()
_stores: dict[bool, Store] = {False: (None, {}), True: (None, {})}


def kept(request: HttpRequest, name: Hashable, make: Callable[[], T], *, timeless: bool = False) -> T:
    """What `make` gives, until the contents change or look different by their dates (at most a minute later).

    `timeless` is what knows of dates and hours itself: it stays until the contents change. Without a page cache before
    Django nobody knows how long anything is true, and it is made anew.
    """
    of_request = request.META.get(VERSION)
    if of_request is None:
        return make()
    version = of_request[0] if timeless else of_request
    with _lock:
        if version != _stores[timeless][0]:
            _stores[timeless] = version, {}
        values = _stores[timeless][1]
    if name not in values:
        values[name] = make()
    return values[name]
