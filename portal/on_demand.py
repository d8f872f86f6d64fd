"""What is loaded by the first who asks for it: a process starts sooner, and stays smaller, without what nobody came for."""

from functools import cached_property
from importlib import import_module

from django.urls.resolvers import ResolverMatch, RoutePattern, URLResolver


class Addresses(URLResolver):
    """Addresses of which nothing is known until somebody goes to one of them: who serves readers does not need the staff's.

    To find any address by its name, Django goes through all, but needs nothing of those that have a namespace.
    """

    def _populate(self):
        pass


def addresses(route: str, module: str, namespace: str) -> Addresses:
    return Addresses(RoutePattern(route), module, app_name=namespace, namespace=namespace)


class Views:
    """The views of a module by their names: `views = Views("integration.offices.views")`.

    For its links each page needs the addresses of all the others, but not what answers there.
    """

    def __init__(self, module: str):
        self._module = module

    def __getattr__(self, name: str) -> "View":
        return View(self._module, name)


class View:
    """Called, or asked for what a decorator has noted at it (`csrf_exempt`), it is the view itself."""

    def __init__(self, module: str, name: str, options: dict | None = None):
        self.__module__, self.__name__, self.__qualname__ = module, name, name
        self.options = options

    def as_view(self, **options) -> "View":
        return View(self.__module__, self.__name__, options)

    @cached_property
    def loaded(self):
        found = vars(import_module(self.__module__))[self.__name__]
        return found if self.options is None else found.as_view(**self.options)

    def __call__(self, request, *args, **kwargs):
        return self.loaded(request, *args, **kwargs)

    def __getattr__(self, name: str):
        if name in {"loaded", "view_class"}:  # Django asks all for the class as soon as it needs one address
            raise AttributeError(f"{self.__module__}.{self.__name__}: {name}")
        return getattr(self.loaded, name)


def load(patterns) -> None:
    """All that can be loaded, so that what cannot is noticed (`manage.py check`, and with it `migrate`)."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            load(pattern.url_patterns)
        elif isinstance(pattern.callback, View):
            _ = pattern.callback.loaded


def view_class(match: ResolverMatch) -> type | None:
    """The class whose view answers, if it is one's."""
    return getattr(getattr(match.func, "loaded", match.func), "view_class", None)
