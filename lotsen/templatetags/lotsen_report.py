from django import template

from ..suppression import say

register = template.Library()


@register.filter
def counted(number) -> str:
    """A number, or that it is hidden."""
    return say(number)
