"""Is this in the directory already? Hints for staff after saving and in the form; nothing is ever refused for them."""

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from urllib.parse import urlsplit

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.models import SiteProfile
from portal.phones import tel_link
from portal.search.words import WORD, fold

from . import addresses
from .models import Contact, Location, Organization, Service, ServiceAtLocation

SHOWN = 5
SWITCHBOARD = 3  # a number that so many entries of one organization have is no sign of a double entry

# Where anybody may have a page: the same address there says nothing.
SHARED_HOSTS = (
    "facebook.com", "instagram.com", "youtube.com", "linkedin.com", "whatsapp.com", "x.com", "t.me", "linktr.ee",
    "google.com", "nebenan.de", "betterplace.org", "bamf.de", "arbeitsagentur.de", "vhs-lernportal.de",
)  # fmt: skip

# Words in so many names that they do not tell one from another.
COMMON = {
    "ev", "e", "v", "ggmbh", "gmbh", "und", "fur", "der", "die", "das", "des", "im", "in", "am", "an", "von", "zu", "zur",
}  # fmt: skip


@lru_cache(maxsize=2**14)  # the same numbers are compared each time somebody saves
def phone_key(number: str) -> str:
    """030 23125-0 and +49 (30) 231250 are one."""
    return tel_link(number).removeprefix("tel:")


def host(url: str) -> str:
    name = (urlsplit(url).hostname or "").removeprefix("www.")
    return "" if any(name == shared or name.endswith(f".{shared}") for shared in SHARED_HOSTS) else name


@lru_cache(maxsize=2**14)
def words(name: str) -> frozenset[str]:
    folded = {fold(word) for word in WORD.findall(name)}
    return frozenset(folded - COMMON or folded)


def alike(name: str, other: str) -> bool:
    """The same words, one name within the other, or a few letters of difference. A1 and A2 are two courses."""
    fewer, more = sorted((words(name), words(other)), key=len)
    if (len(fewer) > 1 and fewer <= more) or fewer == more:
        return bool(fewer)
    if {word for word in fewer ^ more if not word.isalpha()}:
        return False
    matcher = SequenceMatcher(None, " ".join(sorted(fewer)), " ".join(sorted(more)), autojunk=False)
    return matcher.real_quick_ratio() > 0.85 and matcher.quick_ratio() > 0.85 and matcher.ratio() > 0.85


@dataclass
class Traits:
    """What a row can be recognized by."""

    names: list[str]
    relatives: int | None = None  # those of one organization have much in common without being the same
    phones: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    towns: dict[str, str] = field(default_factory=dict)
    address: tuple[str, str, str] | None = None

    def signs(self) -> set[tuple[str, str]]:
        found = {("gleiche Telefonnummer", phone) for phone in self.phones}
        found |= {("gleiche E-Mail-Adresse", email) for email in self.emails}
        found |= {("gleiche Internetadresse", name) for name in self.hosts}
        return found | ({("gleiche Anschrift", " ".join(self.address))} if self.address else set())

    def same_name(self, other: "Traits") -> str:
        """Why the names count as one. Of whom no town is known, it may be the same one."""
        if not any(alike(one, another) for one in self.names for another in other.names):
            return ""
        if not self.towns or not other.towns:
            return "ähnlicher Name"
        common = self.towns.keys() & other.towns.keys()
        return f"ähnlicher Name in {self.towns[min(common)]}" if common else ""


def of_services() -> dict[int, Traits]:
    rows = Service.objects.values_list("pk", "title_de", "alternate_name_de", "organization_id", "url")
    found = {
        pk: Traits(names(title, other), organization, hosts={host(url)}) for pk, title, other, organization, url in rows
    }
    for pk, city in ServiceAtLocation.objects.values_list("service_id", "location__city").distinct():
        add_town(found, pk, city)
    return found


def of_organizations() -> dict[int, Traits]:
    rows = Organization.objects.values_list("pk", "title_de", "alternate_name_de", "parent_id", "website", "email")
    found = {
        pk: Traits(names(title, other), parent or pk, hosts={host(website)}, emails={email.lower()})
        for pk, title, other, parent, website, email in rows
    }
    for pk, city in Location.objects.filter(organization__isnull=False).values_list("organization_id", "city"):
        add_town(found, pk, city)
    for pk, city in ServiceAtLocation.objects.values_list("service__organization_id", "location__city").distinct():
        add_town(found, pk, city)
    return found


def of_locations() -> dict[int, Traits]:
    found = {}
    for pk, title, street, postal_code, city in Location.objects.values_list(
        "pk", "title_de", "street", "postal_code", "city"
    ):
        address = addresses.key(street, postal_code, city) if street else None
        found[pk] = Traits(names(title), address=address)
        add_town(found, pk, city)
    return found


def names(*values: str | None) -> list[str]:
    return [value for value in values if value]


def add_town(found: dict[int, Traits], pk: int, city: str) -> None:
    if city and pk in found:  # else it was written after the first question
        found[pk].towns[fold(city)] = city


ALL = {Service: of_services, Organization: of_organizations, Location: of_locations}


def similar(row: Model) -> list[tuple[Model, list[str]]]:
    """Rows that may be the same as this one, and why; the likeliest first. As many queries however many rows there are."""
    model = type(row)
    everything = ALL[model]()
    parent = f"{row._meta.model_name}_id"
    contacts = Contact.objects.exclude(**{parent: None}).values_list(parent, "phone", "mobile", "email")
    for pk, phone, mobile, email in contacts:
        if pk not in everything:
            continue
        everything[pk].phones |= {phone_key(number) for number in (phone, mobile) if number}
        everything[pk].emails.add(email.lower())
    own_host = host(SiteProfile.current().website)
    for traits in everything.values():
        traits.hosts -= {"", own_host}
        traits.emails.discard("")
    own = everything.pop(row.pk)
    ours = own.signs()
    family = [traits.signs() & ours for traits in everything.values() if traits.relatives == own.relatives]
    found = {}
    for pk, traits in everything.items():
        shared = ours & traits.signs()
        if traits.relatives is not None and traits.relatives == own.relatives:
            shared = {sign for sign in shared if sum(sign in signs for signs in family) < SWITCHBOARD}
        reasons = sorted({reason for reason, value in shared})
        if same_name := own.same_name(traits):
            reasons.insert(0, same_name)
        if reasons:
            found[pk] = reasons
    likeliest = sorted(found, key=lambda pk: (-len(found[pk]), pk))[:SHOWN]
    rows = model.objects.select_related(*["organization"] if model is Service else []).in_bulk(likeliest)
    return [(rows[pk], found[pk]) for pk in likeliest if pk in rows]


def hint(row: Model) -> SafeString | str:
    """For staff, with a link to each."""
    found = similar(row)
    if not found:
        return ""
    url = f"admin:wegweiser_{row._meta.model_name}_change"
    return format_html(
        "Gibt es das schon? Bitte vergleichen, damit nichts doppelt im Wegweiser steht:<ul>{}</ul>",
        format_html_join(
            "",
            '<li><a href="{}">{}</a> ({})</li>',
            ([reverse(url, args=[other.pk]), in_full(other), ", ".join(reasons)] for other, reasons in found),
        ),
    )


def in_full(row: Model) -> str:
    return f"{row}, {row.organization}" if isinstance(row, Service) else str(row)


class NamesSimilar:
    """Names what may be the same: after saving, and in the form."""

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "_continue" not in request.POST and (found := hint(form.instance)):
            self.message_user(request, found, "WARNING")

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["hint"] = hint(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)
