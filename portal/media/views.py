from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from portal import files

from .models import WIDTHS, Picture


@require_safe
def picture(request, slug, width):
    """The address stays when the file is replaced, by one with fewer sizes too: then the largest is handed out."""
    if width not in WIDTHS:
        raise Http404("No such size")
    found = get_object_or_404(Picture.objects.published(), slug=slug)
    largest = WIDTHS[len(found.sizes()) - 1]
    response = files.serve(request, found.file.name_of(min(width, largest)))
    if request.META["QUERY_STRING"] == found.version:
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
