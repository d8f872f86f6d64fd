"""What becomes of a form that is complete: a row and a mail, both or neither."""

from datetime import timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
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
            here = already_here(volunteer)
            if volunteer in here:
                return
            known = who_is_known(here)
            is_taken_back = bool(known) or has_written_enough(here)
            with transaction.atomic(savepoint=is_taken_back):
                # Kept in any case, and taken back: how long it takes tells as little as the answer does.
                keep(volunteer, form)
                if is_taken_back:
                    transaction.set_rollback(True)
            if known:
                tell(known, by=(form.site, form.rules))
    except IntegrityError:
        if not Volunteer.objects.filter(pk=volunteer.pk).exists():  # or else the same form was just being saved
            raise


def one_at_a_time() -> None:
    """So that counting the rows of an address and adding one are a single step. SQLite does that by itself."""
    if connection.features.has_select_for_update:
        list(SiteProfile.objects.select_for_update(no_key=True).filter(pk=1).values_list("pk"))


def already_here(volunteer: Volunteer) -> list[Volunteer]:
    """What came of this very form, and of all others with her address."""
    same = Q(pk=volunteer.pk)
    if volunteer.email:
        same |= Q(email=volunteer.email)
    return list(Volunteer.objects.filter(same))


def who_is_known(here: list[Volunteer]) -> Volunteer | None:
    """Who has left or was not taken may come again."""
    over = (Volunteer.Stage.LEFT, Volunteer.Stage.REJECTED)
    return next((person for person in here if person.is_confirmed and person.stage not in over), None)


def tell(known: Volunteer, by: tuple) -> None:
    """Once a day, whoever it is that keeps sending her address."""
    if not mails.was_sent("known", known, since=timezone.now() - timedelta(days=1), by=by):
        mails.send("known", known, by=by)


def has_written_enough(here: list[Volunteer]) -> bool:
    return sum(not person.is_confirmed for person in here) >= confirmation.MAILS_PER_ADDRESS


def keep(volunteer: Volunteer, form: SignUpForm) -> None:
    volunteer.notice = notices.keep(notices.Purpose.SIGN_UP, form.notice)
    link = confirmation.new_link(volunteer) if volunteer.email else ""
    volunteer.save(force_insert=True)
    volunteer.kinds.add(*form.chosen("kinds"))
    volunteer.areas.add(*form.chosen("areas"))
    for code, level in form.languages_spoken().items():
        volunteer.languages.create(code=code, level=level)
    for purpose, text in form.consents_given().items():
        Consent.objects.create(volunteer=volunteer, text=notices.keep(purpose, text))
    if link:
        mails.send(volunteer.CONFIRM_LETTER, volunteer, by=(form.site, form.rules), link=link, hours=confirmation.HOURS)
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
