"""What becomes of a form that is complete: a row and a mail, both or neither."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.limits.counting import TURN
from portal.models import SiteProfile

from .. import confirmation, mails, notices
from ..models import Consent, Volunteer
from .forms import SignUpForm


def save(form: SignUpForm) -> None:
    """Whatever is done here, the person reads the same: nobody learns which addresses we know."""
    volunteer = form.volunteer()
    try:
        with TURN, transaction.atomic():
            one_at_a_time()
            if Volunteer.objects.filter(pk=volunteer.pk).exists():
                return
            known = volunteer.email and already_here(volunteer.email)
            with transaction.atomic():
                # Kept in any case, and taken back: how long it takes tells as little as the answer does.
                keep(volunteer, form)
                if known or has_written_enough(volunteer):
                    transaction.set_rollback(True)
            if known:
                tell(known)
    except IntegrityError:
        if not Volunteer.objects.filter(pk=volunteer.pk).exists():  # or else the same form was just being saved
            raise


def one_at_a_time() -> None:
    """So that counting the rows of an address and adding one are a single step (SQLite does that by itself)."""
    list(SiteProfile.objects.select_for_update(no_key=True).filter(pk=1).values_list("pk"))


def already_here(email: str) -> Volunteer | None:
    """Who has left or was not taken may come again."""
    over = (Volunteer.Stage.LEFT, Volunteer.Stage.REJECTED)
    return Volunteer.objects.confirmed().filter(email=email).exclude(stage__in=over).first()


def tell(known: Volunteer) -> None:
    """Once a day, whoever it is that keeps sending her address."""
    if not mails.was_sent("known", known, since=timezone.now() - timedelta(days=1)):
        mails.send("known", known)


def has_written_enough(volunteer: Volunteer) -> bool:
    if not volunteer.email:
        return False
    others = Volunteer.objects.filter(email=volunteer.email, confirmed_at=None, notice__isnull=False)
    return others.exclude(pk=volunteer.pk).count() >= confirmation.MAILS_PER_ADDRESS


def keep(volunteer: Volunteer, form: SignUpForm) -> None:
    volunteer.notice = notices.keep(notices.Purpose.SIGN_UP, form.notice)
    volunteer.save(force_insert=True)
    volunteer.kinds.add(*form.chosen("kinds"))
    volunteer.areas.add(*form.chosen("areas"))
    for code, level in form.languages_spoken().items():
        volunteer.languages.create(code=code, level=level)
    for purpose, text in form.consents_given().items():
        Consent.objects.create(volunteer=volunteer, text=notices.keep(purpose, text))
    if volunteer.email:
        confirmation.send_link(volunteer, by=(form.site, form.rules))
    else:
        tell_coordinator(volunteer)


def confirmed(volunteer: Volunteer) -> None:
    """Her address is proven. Of what she has sent besides, in another tab or once more, nothing is needed."""
    others = Volunteer.objects.filter(email=volunteer.email).exclude(pk=volunteer.pk)
    others.filter(confirmed_at=None, notice__isnull=False).delete()
    mails.send("welcome", volunteer)
    tell_coordinator(volunteer)


def tell_coordinator(volunteer: Volunteer) -> None:
    mails.tell_coordinator(
        f"Neue Anmeldung: {volunteer.reference}",
        "Jemand hat sich im Portal als Integrationslotsin oder Integrationslotse angemeldet "
        f"({volunteer.reference}).\n\n"
        "Die Anmeldung steht in der Verwaltung unter „Lotsinnen und Lotsen“.",
    )
