from django.utils import translation

from . import languages
from .models import Link, Notice, Page


def shell(request):
    """What every page shows around its content. Lazy: the admin and plain answers never ask for it."""
    code = translation.get_language()
    return {
        "site": lambda: request.shell[0],
        "sections": lambda: request.shell[1],
        "menu_pages": lambda: Page.objects.published().filter(in_menu=True).defer("body", "lead"),
        "notices": lambda: Notice.objects.published(),
        "links": lambda: Link.objects.all(),
        "language": code,
        "direction": languages.direction(code),
    }
