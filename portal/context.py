from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from . import languages
from .models import Link, Notice, Page


def shell(request):
    """What every page shows around its content. Nothing is asked of the database before a template uses it."""
    return {
        "site": SimpleLazyObject(lambda: request.shell[0]),
        "sections": SimpleLazyObject(lambda: request.shell[1]),
        "menu_pages": SimpleLazyObject(lambda: Page.objects.published().filter(in_menu=True).defer("body", "lead")),
        "notices": SimpleLazyObject(Notice.objects.published),
        "links": SimpleLazyObject(Link.objects.all),
        "language": get_language(),
        "direction": languages.direction(get_language()),
    }
