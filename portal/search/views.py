from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from portal.models import TopTask
from portal.page_cache.kept import kept

from . import results
from .findable import Site

MAX_LENGTH = 200  # letters of a query
PER_KIND, PER_PAGE = 5, 20


@require_safe
def search(request):
    """The best hits of each kind, or with `kind` all of one, page by page."""
    language = get_language()
    text = request.GET.get("q", "").replace("\0", "")[:MAX_LENGTH].strip()
    kind = request.GET.get("kind", "")
    kind = kind if kind in results.kinds() else ""
    page = page_number(request) if kind else 1
    size = PER_PAGE if kind else PER_KIND

    site = kept(request, ("search", language), lambda: Site(language), timeless=True)
    words, ranks = site.findable.ask(text)
    places = site.places(ranks, kind, first=(page - 1) * size + 1, last=page * size)
    found = results.entries(places, language)
    groups = results.groups(places, found, {token for word in words for token in word.tokens}, language)
    total = sum(group.count for group in groups)
    if page > 1 and not groups:
        raise Http404("So many pages there are not")
    untranslated = any(row.title_language != language for row in found.values() if row.language == language)
    context = {
        "query": text,
        "groups": groups,
        "total": total,
        "corrections": results.corrections(words, found),
        "notes": ["german"] if untranslated else [],
        "kind": kind,
        "page_obj": Paginator(range(total), PER_PAGE).get_page(page) if kind else None,
        "tasks": () if groups else TopTask.objects.all(),
    }
    return render(request, "search/search.html", context)


def page_number(request) -> int:
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and len(number) <= 6 and int(number)):
        raise Http404("No such page")
    return int(number)
