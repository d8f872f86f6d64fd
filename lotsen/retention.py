"""How long what is kept (the periods are settings), and what goes with a person who goes.

The last day of each row is worked out whenever it is saved; `purge_personal_data` erases what is past it.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from post_office.models import STATUS, Attachment, Email

from portal import outbox
from portal.models import PersonalData, SiteProfile

from . import statistics
from .models import (
    Assignment,
    AssistanceRequest,
    Attendance,
    Fulfilment,
    LotsenSettings,
    Person,
    Requirement,
    Volunteer,
)


def last_day(start: date, period: int) -> date:
    """A period of seven days is over at the start of the seventh day after; in that night the row goes."""
    return start + timedelta(days=period - 1)


def volunteer_goes(volunteer: Volunteer, rules: LotsenSettings) -> date:
    Stage = Volunteer.Stage
    if not volunteer.is_confirmed:
        day = last_day(arrived_on(volunteer), rules.unconfirmed_days)
    else:
        periods = {Stage.REJECTED: rules.rejected_days, Stage.LEFT: rules.left_days}
        day = last_day(volunteer.period_began, periods.get(volunteer.stage, rules.inactive_days))
    return max(day, volunteer.keep_until or day)


def request_goes(request: AssistanceRequest, rules: LotsenSettings) -> date:
    if not request.is_confirmed:
        day = last_day(arrived_on(request), rules.unconfirmed_days)
    else:
        day = last_day(request.period_began, rules.request_days)
    return max(day, request.keep_until or day)


def fulfilment_goes(fulfilment: Fulfilment, rules: LotsenSettings) -> date:
    """With the volunteer; what is known of a certificate of conduct earlier (§ 72a Abs. 5 SGB VIII)."""
    volunteer = fulfilment.volunteer
    if fulfilment.requirement.kind == Requirement.Kind.RECORD and volunteer.stage == Volunteer.Stage.LEFT:
        return min(last_day(volunteer.stage_since, rules.record_days), volunteer.delete_after)
    return volunteer.delete_after


def arrived_on(person: Person) -> date:
    return timezone.localtime(person.created).date()


def new_periods() -> None:
    """Staff have changed the periods: every row gets its day anew."""
    rules = LotsenSettings.current()
    with transaction.atomic():
        renew(AssistanceRequest.objects.locked(), request_goes, rules)
        renew(Volunteer.objects.locked(), volunteer_goes, rules)
        renew(Fulfilment.objects.select_related("volunteer", "requirement"), fulfilment_goes, rules)


def renew(rows: Iterable[PersonalData], goes: Callable[..., date], rules: LotsenSettings) -> None:
    """In few queries, however many there are."""
    changed = []
    for row in rows:
        if (day := goes(row, rules)) != row.delete_after:
            row.delete_after = day
            changed.append(row)
    if changed:
        type(changed[0]).objects.bulk_update(changed, ["delete_after"], batch_size=500)


# Warning ----------------------------------------------------------------------------------------------


def warned(person: Person, rules: LotsenSettings, today: date) -> None:
    """The coordination is told today; saves. If that is late, because the worker was off or the period has just been
    made shorter, she stays for as long as the warning should have come before."""
    ahead = min(rules.warning_days, (person.delete_after - person.period_began).days)
    stays = today + timedelta(days=ahead - 1)
    told_lately = person.warned_of and person.warned_of >= today
    if person.delete_after < stays and not told_lately:
        person.delete_after = person.keep_until = stays
    person.warned_of = person.delete_after
    type(person).objects.filter(pk=person.pk).update(
        delete_after=person.delete_after, keep_until=person.keep_until, warned_of=person.warned_of
    )


# Erasing ----------------------------------------------------------------------------------------------


def erase_volunteer(volunteer: Volunteer) -> None:
    """All of it at once: languages, notes, consents, history, and the mails to her and about her.

    Where she was to accompany somebody, the request is open again.
    """
    from .company import steps  # it saves people, who ask here how long they stay

    with transaction.atomic():
        Volunteer.lock(volunteer.pk)
        if not Volunteer.objects.filter(pk=volunteer.pk).exists():
            return  # somebody else was quicker
        steps.give_back_all(volunteer)
        done = (Assignment.Status.DONE, Assignment.Status.ACCEPTED)
        volunteer.assignments.exclude(status__in=done).delete()
        volunteer.attendances.exclude(state=Attendance.State.ATTENDED).delete()
        statistics.keep_volunteer(volunteer)
        forget(volunteer)
        volunteer.delete()


def erase_request(request: AssistanceRequest) -> None:
    with transaction.atomic():
        AssistanceRequest.lock(request.pk)
        if not AssistanceRequest.objects.filter(pk=request.pk).exists():
            return
        statistics.keep(request)
        forget(request)
        request.delete()


def erase_as_wished(person: Person) -> None:
    """Art. 17 GDPR. Whatever waits with the same address for its confirmation goes too: nobody will give it any more."""
    with transaction.atomic():
        person.erase()
        for twin in others(person):
            if not twin.is_confirmed:
                twin.erase()


def others(person: Person) -> list[Person]:
    """Rows with the same mail address."""
    return [
        other
        for model in (Volunteer, AssistanceRequest)
        if person.email
        for other in model.objects.filter(email=person.email).exclude(pk=person.pk)
    ]


def forget(person: Person) -> None:
    """The mails to a person and those that name her, and what the history says of her."""
    namesakes = any(
        m.objects.filter(name=person.name).exclude(pk=person.pk).exists() for m in (Volunteer, AssistanceRequest)
    )
    somebody_elses_too = namesakes or bool(others(person))
    gone = [mail.pk for mail in mails_about(person) if not (is_waiting(mail) and somebody_elses_too)]
    Email.objects.filter(pk__in=gone).delete()
    Attachment.objects.filter(emails=None).delete()
    kind = ContentType.objects.get_for_model(type(person))
    LogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).delete()
    # In the history of other rows, such as a training.
    LogEntry.objects.filter(change_message__contains=person.reference).update(change_message="")


def is_waiting(mail: Email) -> bool:
    return mail.status in (STATUS.queued, STATUS.requeued)


def is_private(mail: Email) -> bool:
    return (mail.headers or {}).get("Sensitivity") == outbox.PRIVATE


def mails_about(person: Person) -> list[Email]:
    """The mails to a person, and those of the coordination that tell others of her.

    A single word as "Ali" or "Sekretariat" is looked for only in the mails to those with whom she had to do.
    """
    partners = partners_of(person)
    found = {}
    if person.email:
        whole = whole_word(person.email)
        # Whose address stands beneath every mail is not meant by each of them.
        ours = {LotsenSettings.current().coordinator_email.lower(), SiteProfile.current().email.lower()}
        said_in = ("to", "cc", "bcc") + (() if person.email in ours else ("subject", "message", "html_message"))
        for mail in mails_that_say(person.email, said_in):
            hers = any(whole.search(text_of(mail, name)) for name in said_in)
            # She may have to do with the portal in another way, too: what is under way to her of that, arrives.
            if hers and (is_private(mail) or not is_waiting(mail)):
                found[mail.pk] = mail
    whole = whole_word(person.name)
    said_in = ("subject", "message", "html_message")
    for mail in mails_that_say(person.name, said_in):
        meant = len(person.name.split()) > 1 or not partners.isdisjoint(address.lower() for address in mail.to)
        if meant and is_private(mail) and any(whole.search(text_of(mail, name)) for name in said_in):
            found[mail.pk] = mail
    return sorted(found.values(), key=lambda mail: mail.created)


def mails_that_say(text: str, said_in: tuple[str, ...]):
    return Email.objects.filter(reduce(or_, (Q(**{f"{name}__icontains": text}) for name in said_in)))


def text_of(mail: Email, name: str) -> str:
    said = getattr(mail, name)
    return ", ".join(said) if isinstance(said, list) else str(said or "")


def whole_word(text: str) -> re.Pattern:
    return re.compile(rf"(?<![\w.+-]){re.escape(text)}(?![\w-]|\.\w)", re.IGNORECASE)


def partners_of(person: Person) -> set[str]:
    """Addresses of those who were told of a person: who goes with whom."""
    if isinstance(person, Volunteer):
        return set(person.assignments.values_list("request__email", flat=True)) - {""}
    return set(person.assignments.exclude(volunteer=None).values_list("volunteer__email", flat=True)) - {""}
