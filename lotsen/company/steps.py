"""Everything that happens to a request. Each step is one transaction that begins by locking the request, looks again
whether it is still possible, and queues the letters that make it known.

Locks are always taken in this order: request, volunteer. Whoever begins with the volunteer says `Volunteer.lock`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from .. import mails
from ..models import Assignment, AssistanceRequest, Disclosure, LotsenSettings, Person, Volunteer
from . import links
from .letters import contact, moment, tell

Asked = AssistanceRequest.Status
Answer = Assignment.Status

LOOKING = (Asked.NEW, Asked.SEARCHING)
GONE = (Volunteer.Stage.LEFT, Volunteer.Stage.REJECTED)


class NotPossible(Exception):
    """Why a step cannot be taken; `why` is a word that the pages know."""

    REASONS = {
        "gone": "Diese Person ist nicht mehr dabei.",
        "taken": "Es geht schon jemand mit.",
        "over": "Die Anfrage ist nicht mehr offen, oder der Termin ist vorbei.",
        "expired": "Die Einladung ist abgelaufen.",
        "overlap": "Die Person ist zu dieser Zeit schon mit jemand anderem unterwegs.",
        "early": "Der Termin hat noch nicht angefangen.",
        "late": "Der Termin hat schon angefangen.",
        "no_report": "Es gibt noch keinen Bericht.",
        "restricted": "Die Verarbeitung der Daten ist eingeschränkt (Art. 18 DSGVO).",
    }

    def __init__(self, why: str):
        super().__init__(self.REASONS[why])
        self.why = why


@contextmanager
def locked(pk) -> Iterator[AssistanceRequest]:
    """The request as it is now; nobody else takes a step with it until this one is through."""
    related = ("kind", "municipality", "destination__service", "destination__location")
    with transaction.atomic():
        found = AssistanceRequest.objects.select_for_update(of=("self",)).select_related(*related).filter(pk=pk).first()
        if found is None:
            raise NotPossible("gone")
        found.to_call = []
        yield found


def reach(key: str, person: Person, asked: AssistanceRequest, **values: str) -> None:
    """Writes to somebody; whom no mail reaches is noted, for the coordination to call."""
    if person.email and not person.restricted:
        tell(key, person, asked, **values)
    else:
        asked.to_call.append(person)


def now_is(asked: AssistanceRequest, status: str) -> None:
    asked.status = status
    asked.closed_at = None if asked.is_open else timezone.now()
    asked.save(update_fields=["status", "closed_at"])


def answered(assignment: Assignment, status: str) -> None:
    assignment.status, assignment.responded_at = status, timezone.now()
    assignment.save(update_fields=["status", "responded_at"])


def tell_coordination(asked: AssistanceRequest, what: str) -> None:
    """What there is to do, with which request, and whom to call; nothing but numbers."""
    if asked.to_call:
        what += f"; bitte anrufen: {', '.join(person.reference for person in asked.to_call)}"
    page = reverse("admin:lotsen_assistancerequest_change", args=[asked.pk])
    mails.tell_coordinator(
        f"Begleitung {asked.reference}: {what}", f"Anfrage {asked.reference}: {what}.\n\n{settings.PORTAL_URL}{page}"
    )


# Asking -----------------------------------------------------------------------------------------------


def invite(asked: AssistanceRequest, volunteers: Iterable[Volunteer]) -> list[Volunteer]:
    """Asks these; who has been asked and may still answer is not asked again. Returns who is asked now."""
    rules, now = LotsenSettings.current(), timezone.now()
    invited = []
    with locked(asked.pk) as asked:
        if asked.status == Asked.MATCHED:
            raise NotPossible("taken")
        if asked.status not in LOOKING or asked.starts_at <= now:
            raise NotPossible("over")
        if asked.restricted:
            raise NotPossible("restricted")
        until = min(now + timedelta(hours=max(rules.invitation_hours, 1)), asked.starts_at)
        known = {assignment.volunteer_id: assignment for assignment in asked.assignments.all()}
        for volunteer in volunteers:
            assignment = known.get(volunteer.pk) or Assignment(request=asked, volunteer=volunteer)
            if volunteer.restricted or (assignment.pk and is_waiting(assignment)):
                continue
            assignment.status, assignment.responded_at = Answer.INVITED, None
            assignment.invited_at, assignment.invited_until = now, until
            assignment.save()
            with translation.override(volunteer.language):
                ends = moment(until)
            tell("invitation", volunteer, asked, link=links.to_invitation(assignment), until=ends)
            invited.append(volunteer)
        if invited:
            asked.told_nobody_left = None
            asked.save(update_fields=["told_nobody_left"])
            now_is(asked, Asked.SEARCHING)
    return invited


def is_waiting(assignment: Assignment) -> bool:
    """Asked, and may still answer."""
    return assignment.status == Answer.INVITED and assignment.invited_until > timezone.now()


def decline(assignment: Assignment) -> None:
    with locked(assignment.request_id) as asked:
        assignment = again(assignment)
        if assignment.status == Answer.INVITED:
            answered(assignment, Answer.DECLINED)
            tell_if_nobody_is_left(asked)


def again(assignment: Assignment) -> Assignment:
    """As it is now that its request is locked."""
    found = Assignment.objects.filter(pk=assignment.pk).select_related("volunteer").first()
    if found is None or found.volunteer is None:
        raise NotPossible("gone")
    return found


def tell_if_nobody_is_left(asked: AssistanceRequest) -> None:
    """The coordination hears once that of those asked nobody can say yes any more. The request is locked."""
    waiting = asked.assignments.filter(status=Answer.INVITED, invited_until__gt=timezone.now())
    if asked.status != Asked.SEARCHING or asked.told_nobody_left or waiting.exists():
        return
    asked.told_nobody_left = timezone.now()
    asked.save(update_fields=["told_nobody_left"])
    tell_coordination(asked, "niemand von den Eingeladenen geht mit")


# Somebody goes ----------------------------------------------------------------------------------------


def accept(assignment: Assignment, on_behalf: bool = False) -> list[Person]:
    """The first who accepts goes. Saying it twice is saying it once; `on_behalf`: said on the phone.

    As of other steps that staff take for somebody, the result is who has to be called.
    """
    with locked(assignment.request_id) as asked:
        assignment = again(assignment)
        volunteer = Volunteer.objects.select_for_update().get(pk=assignment.volunteer_id)
        if assignment.status == Answer.ACCEPTED:
            return []
        if reason := why_not(asked, assignment, volunteer, on_behalf):
            raise NotPossible(reason)
        try:
            with transaction.atomic():
                answered(assignment, Answer.ACCEPTED)
        except IntegrityError:  # whatever has been looked at, the database has the last word
            raise NotPossible("taken") from None
        now_is(asked, Asked.MATCHED)
        withdraw_others(asked)
        release(asked, assignment, volunteer)
        if not on_behalf:
            tell_coordination(asked, "jemand geht mit")
        return asked.to_call


def why_not(asked: AssistanceRequest, assignment: Assignment, volunteer: Volunteer, on_behalf: bool) -> str:
    if volunteer.stage in GONE:
        return "gone"
    if volunteer.restricted or asked.restricted:
        return "restricted"
    if asked.assignments.filter(status__in=Assignment.TAKEN).exists():
        return "taken"
    if asked.status not in LOOKING or asked.starts_at <= timezone.now():
        return "over"
    if not on_behalf:
        if assignment.status not in {Answer.INVITED, Answer.DECLINED}:  # who has said no may say yes after all
            return "over"
        if assignment.invited_until <= timezone.now():
            return "expired"
    return "overlap" if is_elsewhere(volunteer, asked) else ""


def is_elsewhere(volunteer: Volunteer, asked: AssistanceRequest) -> bool:
    accepted = volunteer.assignments.filter(status=Answer.ACCEPTED).exclude(request=asked.pk)
    return accepted.filter(request__starts_at__lt=asked.ends_at, request__ends_at__gt=asked.starts_at).exists()


def withdraw_others(asked: AssistanceRequest) -> None:
    for other in asked.assignments.filter(status=Answer.INVITED).select_related("volunteer"):
        other.status = Answer.WITHDRAWN
        other.save(update_fields=["status"])
        if other.volunteer:
            reach("no_longer_needed", other.volunteer, asked)


def release(asked: AssistanceRequest, assignment: Assignment, volunteer: Volunteer) -> None:
    """Only now do the two learn who the other one is."""
    Disclosure.objects.create(
        volunteer=volunteer,
        what="Name, Telefon und E-Mail, für eine Begleitung",
        to=f"{asked.institution or 'Privatperson'} (Anfrage {asked.reference})",
    )
    volunteer.last_contact_on = timezone.localdate()
    volunteer.save(update_fields=["last_contact_on"])
    reach("you_go", volunteer, asked, link=links.to_invitation(assignment), contact=contact(asked))
    reach("somebody_goes", asked, asked, link=links.to_request(asked), contact=contact(volunteer))


def assign(asked: AssistanceRequest, volunteer: Volunteer) -> list[Person]:
    """The coordination has found somebody on the phone, asked before or not."""
    with transaction.atomic():
        with locked(asked.pk):
            assignment, _new = asked.assignments.get_or_create(
                volunteer=volunteer, defaults={"status": Answer.WITHDRAWN, "invited_until": timezone.now()}
            )
        return accept(assignment, on_behalf=True)


# It comes to nothing ----------------------------------------------------------------------------------


def give_back(assignment: Assignment) -> list[Person]:
    """Who wanted to go cannot; somebody else may."""
    with locked(assignment.request_id) as asked:
        assignment = again(assignment)
        if assignment.status == Answer.CANCELLED:
            return []
        if assignment.status != Answer.ACCEPTED or asked.status != Asked.MATCHED:
            raise NotPossible("over")
        if asked.starts_at <= timezone.now():
            raise NotPossible("late")
        answered(assignment, Answer.CANCELLED)
        now_is(asked, Asked.NEW)
        reach("volunteer_cancelled", asked, asked, link=links.to_request(asked))
        tell_coordination(asked, "die Begleitung hat abgesagt")
        return asked.to_call


def give_back_all(volunteer: Volunteer) -> None:
    """Somebody stops volunteering: what she would have gone to is open again, and those who wait are told."""
    goes = volunteer.assignments.filter(status=Answer.ACCEPTED, request__starts_at__gt=timezone.now())
    for assignment in goes.filter(request__status=Asked.MATCHED):
        give_back(assignment)
    goes.update(status=Answer.CANCELLED)
    volunteer.assignments.filter(status=Answer.INVITED).update(status=Answer.WITHDRAWN)


def cancel(asked: AssistanceRequest, by_staff: bool = False) -> list[Person]:
    """Nobody is needed any more; whoever goes or was asked is told."""
    with locked(asked.pk) as asked:
        if asked.status == Asked.CANCELLED:
            return []
        if not asked.is_open:
            raise NotPossible("over")
        if asked.starts_at <= timezone.now():
            raise NotPossible("late")
        for going in asked.assignments.filter(status=Answer.ACCEPTED).select_related("volunteer"):
            going.status = Answer.WITHDRAWN
            going.save(update_fields=["status"])
            if going.volunteer:
                reach("company_cancelled", going.volunteer, asked)
        withdraw_others(asked)
        now_is(asked, Asked.CANCELLED)
        if by_staff:
            reach("request_cancelled", asked, asked)
        else:
            tell_coordination(asked, "abgesagt")
        return asked.to_call


def give_up(asked: AssistanceRequest, by_staff: bool = False) -> list[Person]:
    """Nobody was found, and who asked is told so."""
    with locked(asked.pk) as asked:
        if asked.status == Asked.UNMET:
            return []
        if asked.status not in LOOKING:
            raise NotPossible("over")
        withdraw_others(asked)
        now_is(asked, Asked.UNMET)
        reach("request_unmet", asked, asked)
        if asked.to_call and not by_staff:
            tell_coordination(asked, "niemand gefunden")
        return asked.to_call


def changed(asked: AssistanceRequest) -> list[Person]:
    """The coordination has changed time or place: the two who have an appointment are told."""
    with locked(asked.pk) as asked:
        if asked.status == Asked.MATCHED and (going := asked.accepted) and going.volunteer:
            reach("appointment_changed", going.volunteer, asked, link=links.to_invitation(going))
            reach("appointment_changed", asked, asked, link=links.to_request(asked))
        return asked.to_call


# Afterwards -------------------------------------------------------------------------------------------


def report(
    assignment: Assignment, took_place: bool, hours: Decimal | None, kilometres: int | None, by_staff: bool = False
) -> None:
    """Who went says how it was. Also who waited in vain was there, and her hours count.

    Whoever asked may have said wrongly that nobody came; only the coordination sets that right.
    """
    with locked(assignment.request_id) as asked:
        assignment = again(assignment)
        if assignment.status == Answer.DONE:
            return
        was_missed = by_staff and (assignment.status, asked.status) == (Answer.NO_SHOW, Asked.NO_SHOW)
        if not was_missed and (assignment.status != Answer.ACCEPTED or asked.status != Asked.MATCHED):
            raise NotPossible("over")
        if asked.starts_at > timezone.now():
            raise NotPossible("early")
        assignment.status, assignment.reported_at = Answer.DONE, timezone.now()
        assignment.hours, assignment.kilometres = hours, kilometres
        assignment.save(update_fields=["status", "reported_at", "hours", "kilometres"])
        now_is(asked, Asked.DONE if took_place else Asked.NO_SHOW)
        # Locked: the day she goes is worked out from the stage in which she is now.
        volunteer = Volunteer.objects.select_for_update().get(pk=assignment.volunteer_id)
        volunteer.last_contact_on = timezone.localdate()
        volunteer.save(update_fields=["last_contact_on"])


def correct(assignment: Assignment, hours: Decimal | None, kilometres: int | None) -> None:
    """What was reported was not right (Art. 16 GDPR)."""
    with locked(assignment.request_id):
        reported = Assignment.objects.filter(pk=assignment.pk, status=Answer.DONE)
        if not reported.update(hours=hours, kilometres=kilometres):
            raise NotPossible("no_report")


def nobody_came(asked: AssistanceRequest, by_staff: bool = False) -> None:
    """Who asked has waited in vain for the volunteer."""
    with locked(asked.pk) as asked:
        if asked.status == Asked.NO_SHOW:
            return
        if asked.status != Asked.MATCHED:
            raise NotPossible("over")
        if asked.starts_at > timezone.now():
            raise NotPossible("early")
        asked.assignments.filter(status=Answer.ACCEPTED).update(status=Answer.NO_SHOW)
        now_is(asked, Asked.NO_SHOW)
        if not by_staff:
            tell_coordination(asked, "die Begleitung ist nicht gekommen")
