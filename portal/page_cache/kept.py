"""What is the same on every page (whose portal this is, the menu, the foot) is made once per version of the contents."""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar

from django.http import HttpRequest

# Where the page cache says of which version the contents are, for how long.
VERSION = "portal.version_of_contents"

T = TypeVar("T")
_lock = threading.Lock()
_version, _values = None, {}


def kept(request: HttpRequest, name: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives; without a page cache before Django nobody knows how long that is true, and it is made anew."""
    global _version, _values
    version = request.META.get(VERSION)
    if version is None:
        return make()
    with _lock:
        if version != _version:
            _version, _values = version, {}
        values = _values
    if name not in values:
        values[name] = make()
    return values[name]
