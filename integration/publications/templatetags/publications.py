from django import template

from ..models import Publication

register = template.Library()


@register.inclusion_tag("publications/_newest.html", takes_context=True)
def newest_publications(context):
    return {"publications": Publication.objects.published()[:3], "request": context["request"]}
