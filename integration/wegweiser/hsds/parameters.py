"""What can be asked for, and what is found then. The help texts are the words of the OpenAPI document."""

from math import asin, cos, radians, sqrt
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import Avg, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language

from integration.topics.models import Term
from portal.search import query
from portal.search.models import SearchEntry

from ..models import Location, Organization, Service, ServiceAtLocation
from .export import taxonomy_id

PER_PAGE, MOST_PER_PAGE = 50, 500
FARTHEST = 200_000  # metres
YEARS = range(1900, 2201)  # beyond them Python's and PostgreSQL's calendars part company
EARTH_RADIUS = 6_371_000


class Flag(forms.ChoiceField):
    def __init__(self, **kwargs):
        super().__init__(choices=[("true", "true"), ("false", "false")], required=False, **kwargs)

    def clean(self, value):
        return super().clean((value or "").lower()) == "true"


class Moment(forms.CharField):
    def clean(self, value):
        """A date is its first moment here; what names no time zone is in ours."""
        text = super().clean(value)
        if not text:
            return None
        try:
            # In an address "+" means a space, which is how the sign of a time zone arrives from many clients.
            moment = parse_datetime(text) or parse_datetime("+".join(text.rsplit(" ", 1)))
        except ValueError:  # as on the 30th of February
            moment = None
        if moment is None or moment.year not in YEARS:
            raise ValidationError("Enter a date or a date-time as in ISO 8601, as 2026-05-31 or 2026-05-31T12:00:00Z.")
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


class Parameters(forms.Form):
    search = forms.CharField(
        required=False,
        max_length=200,
        help_text="Full text search in the language of the address and in German; all words have to be found.",
    )
    page = forms.IntegerField(
        required=False, min_value=1, help_text="Number of the page, 1 without it. A page beyond the last one is empty."
    )
    per_page = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_PER_PAGE, help_text="How many a page has; more are refused (400)."
    )
    format = forms.ChoiceField(
        required=False,
        choices=[("json", "json"), ("ndjson", "ndjson")],
        help_text="`ndjson` gives everything that is found, one to a line and without pages; `page` and `per_page` "
        "then mean nothing.",
    )

    def rows(self):
        raise NotImplementedError


class OfServices(Parameters):
    """Services, or what is there because of them."""

    taxonomy_term_id = forms.UUIDField(required=False, help_text="Of a term; the terms below it count too.")
    taxonomy_id = forms.UUIDField(required=False, help_text="Services with any term of this taxonomy.")

    def services(self) -> QuerySet[Service]:
        """The public services that everything asked for is true of."""
        wanted = self.cleaned_data
        found = Service.objects.published().order_by("pk")
        if wanted["search"]:
            found = found.filter(pk__in=search(wanted["search"]))
        if wanted["taxonomy_term_id"]:
            found = found.filter(with_term(family(wanted["taxonomy_term_id"])))
        if wanted["taxonomy_id"]:
            terms = Term.objects.filter(vocabulary=vocabulary(wanted["taxonomy_id"]))
            found = found.filter(with_term(terms.order_by().values("pk")))
        if wanted.get("organization_id"):
            found = found.filter(organization__uuid=wanted["organization_id"])
        if since := wanted.get("modified_after"):
            found = found.filter(Q(modified__gte=since) | Q(publish_from__gte=since))
        return found


class Followed(OfServices):
    organization_id = forms.UUIDField(required=False, help_text="Services of this organization.")
    modified_after = Moment(
        required=False,
        help_text="A date or date-time (ISO 8601; without a time zone: Europe/Berlin). What has changed then or later, "
        "be it in what belongs to a service (opening hours, contacts, locations …), or has become visible.",
    )


class Services(Followed):
    minimal = Flag(
        help_text="Only `id` and `last_modified`, and without `per_page` all on one page: what is not among them is "
        "no longer public. Goes before `full`."
    )
    full = Flag(help_text="Services with everything that belongs to them.")

    def rows(self) -> QuerySet[Service]:
        return self.services()


class Organizations(OfServices):
    full = Flag(help_text="Organizations with contacts, locations, programs and services.")
    full_service = Flag(help_text="The same, their services with everything that belongs to them.")

    def rows(self) -> QuerySet[Organization]:
        """Who offers one of the services that are found."""
        return Organization.objects.filter(pk__in=self.services().order_by().values("organization")).order_by("pk")


class ServiceAtLocations(Followed):
    full = Flag(help_text="Each with everything that belongs to the service and the location.")
    postcode = forms.CharField(
        required=False,
        validators=[RegexValidator(r"^[0-9A-Za-z -]{1,10}$", "Enter a postcode, as 12345.")],
        help_text="Locations with this postcode.",
    )
    proximity = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=FARTHEST,
        help_text="Needs `postcode`. Locations within so many metres of the middle of all known locations with this "
        "postcode. A location without coordinates, or a postcode where none is known: those with the same postcode.",
    )

    def clean(self):
        wanted = super().clean()
        if wanted.get("proximity") and not wanted.get("postcode") and "postcode" not in self.errors:
            self.add_error("proximity", "Only together with postcode.")
        return wanted

    def rows(self) -> QuerySet[ServiceAtLocation]:
        found = ServiceAtLocation.objects.filter(service__in=self.services().order_by()).order_by("pk")
        postcode, metres = self.cleaned_data["postcode"], self.cleaned_data["proximity"]
        if postcode and metres:
            return found.filter(location__in=near(postcode, metres))
        return found.filter(location__postal_code=postcode) if postcode else found


class Taxonomies(Parameters):
    search = forms.CharField(required=False, max_length=200, help_text="Taxonomies with this in their name.")

    def rows(self) -> list[Term.Vocabulary]:
        return [row for row in Term.Vocabulary if is_in(self.cleaned_data["search"], str(row.label))]


class TaxonomyTerms(Parameters):
    search = forms.CharField(
        required=False, max_length=200, help_text="Terms with this in their name, in this language or in German."
    )
    taxonomy_id = forms.UUIDField(required=False, help_text="Terms of this taxonomy.")
    top_only = Flag(help_text="Only terms that are not below another one.")
    parent_id = forms.UUIDField(required=False, help_text="Terms directly below this one.")

    def rows(self) -> QuerySet[Term]:
        wanted = self.cleaned_data
        found = Term.objects.order_by("pk")
        if wanted["search"]:
            # In Python: without further ado SQLite knows no "Ä" as a capital "ä".
            found = found.filter(pk__in=[row.pk for row in found if is_in(wanted["search"], row.title, row.title_de)])
        if wanted["taxonomy_id"]:
            found = found.filter(vocabulary=vocabulary(wanted["taxonomy_id"]))
        if wanted["top_only"]:
            found = found.filter(parent=None)
        if wanted["parent_id"]:
            found = found.filter(parent__uuid=wanted["parent_id"])
        return found


def search(text: str) -> QuerySet:
    """As the site's own search finds services."""
    words = query.read(text, get_language())
    hits = SearchEntry.objects.filter(kind=Service._meta.label_lower, language=get_language())
    for word in words:
        hits = hits.filter(tokens__any_of=word.tokens)
    return (hits if words else hits.none()).values("object_id")


def is_in(text: str, *names: str) -> bool:
    return any(text.casefold() in name.casefold() for name in names)


def vocabulary(taxonomy: UUID) -> str:
    return next((row.value for row in Term.Vocabulary if taxonomy_id(row) == taxonomy), "")


def family(term: UUID) -> set[int]:
    """A term and all below it."""
    terms = list(Term.objects.values_list("pk", "uuid", "parent"))
    found = {pk for pk, uuid, _parent in terms if uuid == term}
    while below := {pk for pk, _uuid, parent in terms if parent in found} - found:
        found |= below
    return found


def with_term(terms) -> Q:
    """Through a query of its own: a service with two of the terms is one service."""
    anywhere = Q(topics__in=terms) | Q(audiences__in=terms) | Q(programme__in=terms)
    return Q(pk__in=Service.objects.filter(anywhere | Q(locations__accessibility__in=terms)).order_by().values("pk"))


def near(postcode: str, metres: int) -> list[int]:
    """A county has some hundreds of locations: no database needs to measure distances."""
    same = Location.objects.filter(postal_code=postcode)
    middle = same.aggregate(latitude=Avg("latitude"), longitude=Avg("longitude"))
    if middle["latitude"] is None:
        return list(same.values_list("pk", flat=True))
    located = Location.objects.exclude(latitude=None).values_list("pk", "latitude", "longitude")
    found = [pk for pk, *point in located if distance(point, middle.values()) <= metres]
    return found + list(same.filter(latitude=None).values_list("pk", flat=True))


def distance(one, other) -> float:
    """In metres, on a ball (haversine)."""
    (latitude, longitude), (other_latitude, other_longitude) = map(radians, one), map(radians, other)
    height = 1 - cos(latitude - other_latitude)
    width = cos(latitude) * cos(other_latitude) * (1 - cos(longitude - other_longitude))
    return 2 * EARTH_RADIUS * asin(min(1, sqrt((height + width) / 2)))
