import logging

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import files

from . import shelf
from .booklet import NotMade

logger = logging.getLogger("portal")


@require_safe
def pdf(request):
    """The directory on paper."""
    return booklet_of(request, shelf.everything(), words="", path=reverse("wegweiser:list"))


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
