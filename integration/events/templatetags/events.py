from django import template

from ..models import Event

register = template.Library()


@register.inclusion_tag("events/_next.html", takes_context=True)
def next_events(context, part):
    return {
        "part": part,
        "events": Event.objects.published().upcoming().defer("body")[:3],
        "request": context["request"],
    }
