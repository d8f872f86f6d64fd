"""The signed link at the foot of each mail: a volunteer sees where she stands, takes back a consent or wants to go."""

from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from ..models import Note, Volunteer

SALT = "lotsen.own"

# What a stage means for her, in words that nobody has to look up.
STAGES = {
    Volunteer.Stage.APPLIED: _("Ihre Anmeldung ist bei uns. Wir melden uns bei Ihnen."),
    Volunteer.Stage.INTERVIEW: _("Wir lernen uns gerade kennen."),
    Volunteer.Stage.TRAINING: _("Sie sind in der Schulung."),
    Volunteer.Stage.ACTIVE: _("Sie begleiten Menschen. Danke dafür."),
    Volunteer.Stage.PAUSED: _("Sie machen eine Pause."),
    Volunteer.Stage.LEFT: _("Sie haben aufgehört. Danke für Ihre Zeit."),
    Volunteer.Stage.REJECTED: _("Wir haben Sie nicht in unser Team aufgenommen."),
}
WISH_TO_GO = "Wunsch: alle Angaben löschen (über den Link in einer E-Mail)."


def address(volunteer: Volunteer) -> str:
    """The same as long as her mail address is: whoever has got a number of hers before cannot follow her to another."""
    signed = signing.dumps([volunteer.pk.hex, mailbox(volunteer)], salt=SALT)
    with translation.override(volunteer.language):
        return settings.PORTAL_URL + reverse("lotsen:own", args=[signed])


def mailbox(volunteer: Volunteer) -> str:
    return sha256(volunteer.email.encode()).hexdigest()[:16]


def follow(signed: str) -> Volunteer | None:
    try:
        pk, to = signing.loads(signed, salt=SALT)
    except signing.BadSignature:
        return None
    volunteer = Volunteer.objects.confirmed().filter(pk=UUID(pk)).first()
    return volunteer if volunteer and mailbox(volunteer) == to else None


def withdraw(volunteer: Volunteer, consent_id: str) -> None:
    if consent_id.isascii() and consent_id.isdigit() and len(consent_id) < 19:
        volunteer.consents.filter(pk=consent_id, withdrawn_at=None).update(withdrawn_at=timezone.now())


def wants_to_go(volunteer: Volunteer) -> bool:
    return volunteer.notes.filter(text=WISH_TO_GO).exists()


def wish_to_go(volunteer: Volunteer) -> None:
    """A person looks at it first: who is on the way with somebody tomorrow cannot vanish tonight."""
    from .. import mails

    with transaction.atomic():
        volunteer = Volunteer.objects.select_for_update(of=("self",)).get(pk=volunteer.pk)
        if wants_to_go(volunteer):
            return
        Note.objects.create(volunteer=volunteer, text=WISH_TO_GO)
        mails.tell_coordinator(
            f"Wunsch nach Löschung: {volunteer.reference}",
            f"Wer unter {volunteer.reference} steht, möchte, dass alle Angaben gelöscht werden. Bitte innerhalb eines "
            "Monats erledigen (Art. 12 Abs. 3 und Art. 17 DSGVO).\n\n"
            "Der Eintrag steht in der Verwaltung unter „Lotsinnen und Lotsen“.",
        )
