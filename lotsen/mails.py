"""Every mail that a person gets: in her language, plain text, in the portal's words or in the office's own.

The texts are filled in by replacing "{name}" and nothing else: what staff or anybody else writes is never a template.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname
from post_office.models import Email

from portal import languages, outbox
from portal.models import SiteProfile

from .models import LotsenSettings, MailText, Person, Volunteer
from .sign_up import own

PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Letter:
    """A mail that the portal sends by itself."""

    key: str
    name: str  # for staff
    subject: Promise
    body: Promise
    needs: frozenset[str] = frozenset()  # without these the mail would make no sense
    knows: frozenset[str] = frozenset()  # may be used besides

    @property
    def placeholders(self) -> frozenset[str]:
        return self.needs | self.knows | {"portal"}


LETTERS: dict[str, Letter] = {}


def letter(key: str, name: str, subject: Promise, body: Promise, needs: str = "", knows: str = "") -> None:
    LETTERS[key] = Letter(key, name, subject, body, frozenset(needs.split()), frozenset(knows.split()))


letter(
    "confirm",
    "Anmeldung: E-Mail-Adresse bestätigen",
    _("Bitte bestätigen Sie Ihre E-Mail-Adresse"),
    _(
        "Guten Tag,\n\n"
        "jemand hat sich mit dieser E-Mail-Adresse als Integrationslotsin oder Integrationslotse angemeldet. Wenn Sie das waren, "
        "öffnen Sie bitte diesen Link und bestätigen Sie die Anmeldung:\n\n"
        "{link}\n\n"
        "Der Link gilt {hours} Stunden. Wenn Sie es nicht waren, müssen Sie nichts tun: Die Angaben werden dann gelöscht."
    ),
    needs="link",
    knows="hours",
)
letter(
    "known",
    "Anmeldung: Adresse ist schon angemeldet",
    _("Sie sind schon angemeldet"),
    _(
        "Guten Tag,\n\n"
        "jemand hat sich mit dieser E-Mail-Adresse als Integrationslotsin oder Integrationslotse angemeldet. Mit dieser Adresse "
        "sind Sie schon bei uns angemeldet; die neuen Angaben haben wir nicht gespeichert.\n\n"
        "Hat sich bei Ihnen etwas geändert? Dann antworten Sie bitte auf diese E-Mail oder rufen Sie uns an."
    ),
)
letter(
    "welcome",
    "Anmeldung: Willkommen, so geht es weiter",
    _("Danke für Ihre Anmeldung"),
    _(
        "Guten Tag {name},\n\n"
        "Ihre Anmeldung ist bei uns angekommen. Wir melden uns in den nächsten Tagen bei Ihnen, lernen Sie gern kennen und "
        "erzählen Ihnen, wie die Schulung und die ersten Begleitungen ablaufen.\n\n"
        "Ihre Nummer bei uns ist {number}."
    ),
    knows="name number",
)


def offer_texts(using: str = "default", **kwargs) -> None:
    """After each migration: a row for each letter, for staff to word it."""
    for key, found in LETTERS.items():
        MailText.objects.using(using).get_or_create(key=key, defaults={"name": found.name})


def send(key: str, person: Person, by: tuple | None = None, **values: str) -> None:
    """Queues a letter of the portal's own. Call it in the transaction that makes it true."""
    subject, body = words(key, person.language)
    queue(person, subject, body, by=by, **values)


def words(key: str, language: str) -> tuple[str, str]:
    """Subject and text in one language: the office's own, else the portal's."""
    texts = [build_localized_fieldname(field, language) for field in ("subject", "body")]
    own = MailText.objects.filter(key=key).only(*texts).first()
    with translation.override(language):
        return (
            own_text(own, "subject", language) or str(LETTERS[key].subject),
            own_text(own, "body", language) or str(LETTERS[key].body),
        )


def own_text(own: MailText | None, field: str, language: str) -> str:
    """Without falling back to German: the portal's own words in the reader's language are better."""
    return getattr(own, build_localized_fieldname(field, language), "") or "" if own else ""


def office() -> tuple[SiteProfile, LotsenSettings]:
    """Who writes: asked once by whoever writes to many."""
    return SiteProfile.current(), LotsenSettings.current()


def queue(person: Person, subject: str, body: str, by: tuple | None = None, **values: str) -> None:
    """Any text to a person, with who writes beneath it. Nobody is written to whose data are restricted or have no address."""
    if not person.email or person.restricted:
        return
    profile, rules = by or office()
    with translation.override(person.language):
        known = {"portal": profile.title, "name": person.name, "number": person.reference, **values}
        signature = [profile.name, profile.phone, rules.coordinator_email or profile.email]
        text = fill(body, known) + "\n\n-- \n" + "\n".join(line for line in signature if line) + own_page(person)
        outbox.queue(
            person.email,
            fill(subject, known),
            text,
            reply_to=rules.coordinator_email or profile.email,
            private=True,
        )


def own_page(person: Person) -> str:
    """The way of a volunteer to what she may do about her data; not before her address is proven."""
    if not isinstance(person, Volunteer) or not person.is_confirmed:
        return ""
    return "\n\n" + gettext("Ihre Angaben ansehen, zurücknehmen oder löschen lassen:") + "\n" + own.address(person)


def was_sent(key: str, person: Person, since: datetime, by: tuple) -> bool:
    subject = fill(words(key, person.language)[0], {"portal": by[0].title})
    return Email.objects.filter(to=person.email, subject=" ".join(subject.split()), created__gte=since).exists()


def fill(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), text)


def tell_coordinator(subject: str, message: str) -> None:
    """A mail to the staff; it says that there is something to do and nothing about a person."""
    to = LotsenSettings.current().coordinator_email or SiteProfile.current().email
    if to:
        outbox.queue(to, subject, message)


def validate(key: str | None, language: str, subject: str, body: str) -> None:
    """What staff write may use only what will be filled in, and must use what the mail is for."""
    letter_of = LETTERS.get(key or "")
    allowed = letter_of.placeholders if letter_of else {"name", "number", "portal"}
    german = languages.BY_CODE[language].german_name
    if unknown := set(PLACEHOLDER.findall(f"{subject} {body}")) - allowed:
        names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
        raise ValidationError(f"{german}: {{{sorted(unknown)[0]}}} gibt es hier nicht. Möglich sind: {names}.")
    if letter_of and body and (missing := letter_of.needs - set(PLACEHOLDER.findall(body))):
        raise ValidationError(f"{german}: Im Text fehlt {{{sorted(missing)[0]}}}.")
