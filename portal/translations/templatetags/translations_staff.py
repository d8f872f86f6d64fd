from django import template
from django.utils.html import format_html

from .. import states
from ..models import Translation

register = template.Library()


@register.filter
def verbose_name(row):
    return row._meta.verbose_name


@register.filter
def state_in_words(state):
    state = Translation.State(state)
    return format_html('<span aria-hidden="true">{}</span> {}', states.SIGNS[state], states.WORDS[state])
