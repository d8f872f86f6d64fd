from django import template

from ..models import Office

register = template.Library()


@register.inclusion_tag("offices/_in_short.html", takes_context=True)
def offices_in_short(context, part):
    return {"part": part, "offices": Office.objects.published().defer("body")[:4], "request": context["request"]}
