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
    def __init__(self, module: str, name: str, options: dict | None = None):
        self.module, self.name, self.options = module, name, options

    def as_view(self, **options) -> "View":
        return View(self.module, self.name, options)

    @cached_property
    def loaded(self):
        found = getattr(import_module(self.module), self.name)
        return found if self.options is None else found.as_view(**self.options)

    def __call__(self, request, *args, **kwargs):
        return self.loaded(request, *args, **kwargs)

    @property
    def csrf_exempt(self) -> bool:
        """Django asks for it before each POST."""
        return getattr(self.loaded, "csrf_exempt", False)


def view_class(match: ResolverMatch) -> type | None:
    """The class whose view answers, if it is one's."""
    return getattr(getattr(match.func, "loaded", match.func), "view_class", None)
