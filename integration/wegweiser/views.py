import logging
from itertools import groupby

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from portal import files
from portal.forms import form_page
from portal.page_cache.kept import kept
from portal.views import ContentDetail, published_or_404

from . import calendars, cards, filters, hours, linked_data, places, spoken, vcards
from .emergency import EMERGENCY
from .forms import SuggestionForm
from .models import DirectorySettings, Service, Suggestion
from .paper import shelf
from .paper.booklet import NotMade
from .suggestions import tell_staff

logger = logging.getLogger("portal")

PER_PAGE = 25
WEEK = 7


@require_safe
def service_list(request):
    directory = filters.read(request)
    page_obj = page_of(request, directory.count)
    rows = directory.ids(page_obj.start_index() - 1 if directory.count else 0, page_obj.end_index())
    context = {
        "directory": directory,
        "page_obj": page_obj,
        "groups": in_groups(request, rows),
        "emergency": EMERGENCY,
        "suggested_language": suggested_language(directory),
        "share_address": request.build_absolute_uri(request.path + directory.selection.address),
    }
    return render(request, "wegweiser/service_list.html", context)


def page_of(request, count):
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and len(number) <= 6):
        number = 1  # as with the filters: what nobody understands is left out
    pages = Paginator(range(count), PER_PAGE)
    if int(number) > pages.num_pages:
        raise Http404("So many pages there are not")
    return pages.get_page(max(int(number), 1))


def suggested_language(directory):
    """The reader's language as a filter to take, where it would find something and is not chosen."""
    codes = spoken.of_reader()
    if not codes or directory.selection.language:
        return None
    choices = directory.filters["language"].choices
    return next((choice for choice in choices if choice.value == codes[0] and choice.count), None)


def in_groups(request, rows):
    """The cards of a page of the list, under the headings they stand under."""
    level = "h4" if any(name for name, _pk in rows) else "h3"
    drawn = kept(request, ("cards", get_language()), cards.Cards, timeless=True).of(
        [pk for _name, pk in rows], level, request.shell[0].land_id
    )
    return [
        (name, [drawn[pk] for _name, pk in found if pk in drawn]) for name, found in groupby(rows, lambda row: row[0])
    ]


class ServiceDetail(ContentDetail):
    model = Service

    def get_queryset(self):
        return super().get_queryset().select_related("organization", "programme").prefetch_related(*places.EVERYTHING)

    def get_context_data(self, **kwargs):
        service, now = self.object, timezone.now()
        holiday, today = hours.holiday(self.request.shell[0].land_id), timezone.localdate()
        cards.prepare(service, now, holiday)
        for place in service.places:
            if place.hours:
                place.week = hours.days(place.hours, today, WEEK, holiday)
                place.week[0].is_today = True
                place.sign = hours.sign(place.hours, today)
        return super().get_context_data(
            emergency=EMERGENCY,
            is_stale=service.is_stale(DirectorySettings.current()),
            data=linked_data.service(self.request, service),
            **kwargs,
        )


@require_safe
def vcf(request, slug):
    service = published(slug)
    return file_response(vcards.cards(request, service), "text/vcard", f"{slug}.vcf")


@require_safe
def ics(request, slug):
    service = published(slug)
    return file_response(calendars.calendar(request, service), "text/calendar", f"{slug}.ics")


def published(slug):
    service = published_or_404(Service, slug)
    return Service.objects.select_related("organization").prefetch_related(*places.DETAILS).get(pk=service.pk)


def file_response(content, content_type, name):
    response = HttpResponse(content, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


@csrf_exempt  # as for barrier reports: no session to misuse, and so no cookie
@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request, slug):
    """Something is wrong here: a reader tells the office."""
    service = published_or_404(Service, slug)
    form = SuggestionForm(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        suggestion, new = Suggestion.objects.get_or_create(
            id=form.suggestion_id(service),
            defaults={**form.suggestion(), "service": service, "language": get_language()},
        )
        if new:
            tell_staff(suggestion)
        return redirect("wegweiser:suggest_thanks", service.slug)
    return form_page(request, "wegweiser/suggest.html", {"form": form, "service": service})


@require_safe
def suggest_thanks(request, slug):
    return render(request, "wegweiser/suggest_thanks.html", {"service": published_or_404(Service, slug)})


@require_safe
def pdf(request):
    """The list on paper, as it is filtered.

    What somebody has typed into the search does not stand there: it is nobody else's business, and whoever finds the
    same services gets the same booklet.
    """
    directory = filters.read(request)
    path = reverse("wegweiser:list") + directory.selection.without("q").address
    return booklet_of(request, [pk for _name, pk in directory.ids()], directory.in_words(), path)


def booklet_of(request, ids, words, path):
    """These services as a PDF. `words` say how they were chosen, `path` leads to the list of the same."""
    if not ids:
        raise Http404("Nothing to print")
    if len(ids) > shelf.MOST:
        text = _(
            "Das sind mehr als %(most)s Angebote. Bitte wählen Sie weniger aus, zum Beispiel ein Thema oder einen Ort."
        )
        return said(request, 413, _("Das sind zu viele für ein PDF"), text % {"most": shelf.MOST})
    language = get_language()
    try:
        stored = shelf.find_or_make(ids, words, request.build_absolute_uri(path), language)
    except (shelf.Busy, NotMade) as error:
        if isinstance(error, NotMade):
            logger.error("no booklet in %s: %s", language, error)
        text = _("Das PDF ist noch nicht fertig. Bitte laden Sie diese Seite in ein paar Sekunden neu.")
        response = said(request, 503, _("Einen Moment bitte"), text)
        response["Retry-After"] = "10"
        return response
    return files.serve(request, stored, download_name=f"wegweiser-{language}.pdf")


def said(request, status, title, text):
    return render(request, "error.html", {"error_title": title, "error_text": text}, status=status)
