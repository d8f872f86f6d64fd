from django import template
from django.utils.translation import get_language

from portal import languages

from ..models import Publication

register = template.Library()


@register.inclusion_tag("publications/_newest.html", takes_context=True)
def newest_publications(context, part):
    return {"part": part, "publications": Publication.objects.published()[:3], "request": context["request"]}


@register.inclusion_tag("publications/_files.html", takes_context=True)
def files_for_reader(context, publication):
    """The files, the reader's language and German first; of many the others fold away."""
    nearest = [get_language(), languages.SOURCE]
    files = sorted(publication.files.all(), key=lambda file: file.language not in nearest)
    files.sort(key=lambda file: file.language != nearest[0])
    near = sum(file.language in nearest for file in files)
    split = len(files) if len(files) <= 4 or not near else near
    return {
        "first": files[:split],
        "more": files[split:],
        "preview": context.get("preview"),
        "request": context["request"],
    }
