"""The link in a mail that proves an address (double opt-in): 256 bits, kept as a hash, good for 48 hours and once."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from . import mails
from .models import AssistanceRequest, Person, Volunteer

HOURS = 48
# Whoever keeps sending the form with a stranger's address fills no letter box.
MAILS_PER_ADDRESS = 3


def new_link(person: Person) -> str:
    """Whole address of a new link, in the person's language; the one before ends. The caller saves."""
    token = secrets.token_urlsafe(32)
    person.token_digest = digest(token)
    person.token_expires = timezone.now() + timedelta(hours=HOURS)
    with translation.override(person.language):
        return settings.PORTAL_URL + reverse("lotsen:confirm", args=[token])


def send_link(person: Person) -> None:
    """A link for who is saved already. Call it in a transaction; the mail and the row come true together."""
    link = new_link(person)
    type(person).objects.filter(pk=person.pk).update(
        token_digest=person.token_digest, token_expires=person.token_expires
    )
    mails.send(person.CONFIRM_LETTER, person, link=link, hours=HOURS)


def renew(token: str) -> None:
    """A new link for an expired one, which ends: so there is one mail however often it is asked for."""
    with transaction.atomic():
        found = find(token)
        person = found and type(found).objects.select_for_update(of=("self",)).filter(pk=found.pk).first()
        if person and person.token_digest == digest(token) and may_renew(person):
            send_link(person)


def may_renew(person: Person) -> bool:
    """Only while the row stays as long as the mail would promise."""
    lasts = timezone.localdate() + timedelta(hours=HOURS) <= person.delete_after
    return person.confirmed_at is None and is_expired(person) and lasts


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def find(token: str) -> Person | None:
    for model in (Volunteer, AssistanceRequest):
        if found := model.objects.filter(token_digest=digest(token)).first():
            return found
    return None


def is_expired(person: Person) -> bool:
    return person.token_expires is None or person.token_expires < timezone.now()


def confirm(person: Person) -> bool:
    """True for whoever is first; a second time nothing happens."""
    with transaction.atomic():
        waiting = type(person).objects.select_for_update(of=("self",)).filter(pk=person.pk, confirmed_at=None).first()
        if waiting is None or is_expired(waiting):
            return False
        person.confirmed_at = waiting.confirmed_at = timezone.now()
        waiting.save()
    return True
