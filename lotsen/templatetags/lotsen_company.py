from django import template

from integration.wegweiser.models import Location

from ..company import asking
from ..models import LotsenSettings

register = template.Library()


@register.simple_tag
def company_is_possible():
    return asking.is_possible()


@register.simple_tag
def only_institutions_ask():
    return LotsenSettings.current().asking != LotsenSettings.Asking.EVERYBODY


@register.simple_tag
def places_with_company(service):
    """Of a service as the directory's pages have prepared it: the houses somebody can be accompanied to."""
    houses = [place for place in service.places if place.location and place.location.kind == Location.Kind.PHYSICAL]
    return houses if houses and asking.is_possible() else []
