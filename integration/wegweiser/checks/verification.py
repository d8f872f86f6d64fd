"""Organizations are asked by mail whether their entries still hold; what they answer, staff decide on.

A request and its mail are queued in one transaction: there is never one without the other, whoever asks at the same
time, and whether or not a mail server is there. Nothing is asked while an organization is still being asked.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac

from portal import languages, outbox
from portal.models import SiteProfile
from portal.versions.recording import recording

from ..models import DirectorySettings, Organization, Proposal, Service, ServiceCheck, VerificationRequest
from . import facts

logger = logging.getLogger("portal")

SALT = "wegweiser.verification"


# The link ---------------------------------------------------------------------------------------------


def token(request: VerificationRequest) -> str:
    """Each mail's link ends with the day that mail names, whatever is sent later, and with the address it went to."""
    return signing.dumps([request.pk.hex, request.expires_on.isoformat(), inbox(request.sent_to)], salt=SALT)


def inbox(mail_address: str) -> str:
    """Tells one address from another without naming it in a link."""
    return salted_hmac(SALT, mail_address).hexdigest()[:16]


def follow(signed: str) -> tuple[VerificationRequest | None, bool]:
    """The request a link belongs to, if there still is one, and whether the link's time is over.

    Raises signing.BadSignature for what is not one of our links.
    """
    pk, expires_on, *to = signing.loads(signed, salt=SALT)
    found = VerificationRequest.objects.select_related("organization").filter(pk=UUID(pk)).first()
    if found and found.outcome == VerificationRequest.Outcome.UNANSWERED:
        found = open_request(found.organization) or found  # whichever mail is at hand
    expired = date.fromisoformat(expires_on) < timezone.localdate()
    return found, expired or (found is not None and to != [inbox(mail_address(found.organization))])


def address(request: VerificationRequest) -> str:
    with translation.override(languages.SOURCE):
        return settings.PORTAL_URL + reverse("wegweiser:verify", args=[token(request)])


# Asking -----------------------------------------------------------------------------------------------


class NotPossible(Exception):
    """Why an organization cannot be asked by mail, for staff."""


def why_not(organization: Organization, rules: DirectorySettings) -> str:
    if not rules.send_requests:
        return "Prüf-Anfragen sind in den Einstellungen des Wegweisers ausgeschaltet."
    if organization.asked_by_phone:
        return f"{organization} wird lieber angerufen."
    return "" if mail_address(organization) else f"{organization} hat keine E-Mail-Adresse."


def mail_address(organization: Organization) -> str:
    return organization.verification_email or organization.email


def ask(organization: Organization, services: Iterable[Service]) -> VerificationRequest:
    """Staff ask about these services, today and with a new link, even where a request is open already."""
    rules, services = DirectorySettings.current(), list(services)
    with transaction.atomic():
        organization = locked(organization)
        if reason := why_not(organization, rules):
            raise NotPossible(reason)
        if not services:
            raise NotPossible(f"Von {organization} ist nichts mehr zu erfragen.")
        request = open_request(organization)
        waiting = remaining(request) if request else []
        if request and request.checks.filter(service__in=services).exclude(service__in=waiting).exists():
            close(request, VerificationRequest.Outcome.UNANSWERED)  # what has been said stays said
            services += [service for service in waiting if service not in services]
            request = None
        request = request or VerificationRequest(organization=organization)
        request.sent_on, request.reminders_sent, request.escalated_on = timezone.localdate(), 0, None
        send(request, services, rules)
    return request


def locked(organization: Organization) -> Organization:
    """Nobody else asks this organization until the transaction is through."""
    return Organization.objects.select_for_update().get(pk=organization.pk)


def open_request(organization: Organization) -> VerificationRequest | None:
    return organization.verification_requests.filter(outcome="").first()


def send(request: VerificationRequest, services: Iterable[Service], rules: DirectorySettings, **kind) -> None:
    request.sent_to = mail_address(request.organization)
    request.mailed_on = timezone.localdate()
    request.expires_on = request.mailed_on + timedelta(days=rules.link_days)
    request.save()
    for service in services:
        request.checks.get_or_create(service=service, defaults={"last_verified": service.verified_on})
    queue_mail(request, **kind)


def queue_mail(request: VerificationRequest, reminder: bool = False) -> None:
    profile = SiteProfile.current()
    with translation.override(languages.SOURCE):
        context = {
            "request": request,
            "services": named(request),
            "link": address(request),
            "reminder": reminder,
            "site": profile,
        }
        subject = f"{'Erinnerung: ' if reminder else ''}Stimmen Ihre Angaben im Wegweiser noch? {profile.name}"
        outbox.queue(
            request.sent_to, subject, render_to_string("wegweiser/mail/request.txt", context), reply_to=profile.email
        )


def remaining(request: VerificationRequest) -> list[Service]:
    """What nobody has said anything about since it was asked for."""
    return list(
        Service.objects.published().filter(
            Q(verified_on=None) | Q(verified_on=F("checks__last_verified")),
            organization=request.organization_id,
            checks__request=request,
            checks__outcome="",
        )
    )


def named(request: VerificationRequest) -> list[Service]:
    """What a mail names: what is still to be said, or else all there is to correct."""
    return remaining(request) or list(
        Service.objects.published().filter(organization=request.organization_id, checks__request=request)
    )


# Day by day -------------------------------------------------------------------------------------------


@dataclass
class Day:
    """What is to be done about requests on a day, or has been done."""

    asked: list[Organization] = field(default_factory=list)
    reminded: list[Organization] = field(default_factory=list)
    settled: list[Organization] = field(default_factory=list)
    escalated: list[Organization] = field(default_factory=list)
    failed: list[Organization] = field(default_factory=list)


def due(rules: DirectorySettings) -> QuerySet[Service]:
    """Public services to ask about. What an organization has said and staff have not decided on is not asked again."""
    until = timezone.localdate() + timedelta(days=rules.days_before)
    undecided = Proposal.objects.filter(service_check__service=OuterRef("pk"), state=Proposal.State.OPEN)
    return (
        Service.objects.published()
        .exclude(availability=Service.Availability.DEFUNCT)
        .filter(Q(verified_on=None) | Q(review_due=None) | Q(review_due__lte=until))
        .filter(~Exists(undecided))
    )


def check_directory(dry_run: bool = False) -> Day:
    """Asks, reminds and tells staff who does not answer. Safe to run again, also while it runs."""
    done, rules = Day(), DirectorySettings.current()
    if not rules.send_requests:
        return done
    concerned = Organization.objects.filter(
        Q(pk__in=due(rules).values("organization"))
        | Q(pk__in=VerificationRequest.objects.filter(outcome="").values("organization"))
    )
    for organization in concerned:
        try:
            with transaction.atomic():
                step = next_step(organization if dry_run else locked(organization), rules, dry_run)
        except Exception:
            logger.exception("Organization %s could not be asked", organization.pk)
            step = "failed"
        if step:
            getattr(done, step).append(organization)
    if done.escalated and not dry_run:
        done.escalated = escalate(done.escalated, rules)
    return done


def next_step(organization: Organization, rules: DirectorySettings, dry_run: bool) -> str | None:
    """Takes it as well, except for escalation: of that there is one mail for all organizations."""
    today = timezone.localdate()
    request = open_request(organization)
    if request and not remaining(request):
        if not dry_run:
            close(request, VerificationRequest.Outcome.SETTLED)
        return "settled"
    services = due(rules).filter(organization=organization)
    by_mail = not why_not(organization, rules)
    if request is None or request.escalated_on:
        if request:  # one entry nobody says anything about must not keep the others from being asked about
            known = request.checks.filter(outcome="").values("service")
            if not services.exclude(pk__in=known).exists():
                return None
        if not services or not by_mail or is_quiet(organization, rules):
            return None
        if not dry_run:
            if request:
                close(request, VerificationRequest.Outcome.UNANSWERED)
            send(VerificationRequest(organization=organization, sent_on=today), services, rules)
        return "asked"
    if today < request.mailed_on + timedelta(days=rules.reminder_days):
        return None
    if by_mail and request.reminders_sent < rules.reminders:
        if not dry_run:
            request.reminders_sent += 1
            send(request, services, rules, reminder=True)
        return "reminded"
    return "escalated"


def is_quiet(organization: Organization, rules: DirectorySettings) -> bool:
    """Who has just answered, or whose request staff have just withdrawn, is left alone for a while."""
    since = timezone.localdate() - timedelta(days=rules.reminder_days)
    over = Q(withdrawn_on__gt=since) | Q(answered_at__date__gt=since)
    return organization.verification_requests.filter(over).exists()


def escalate(organizations: list[Organization], rules: DirectorySettings) -> list[Organization]:
    profile = SiteProfile.current()
    to = rules.escalation_email or profile.email
    if not to:
        logger.warning("Nobody to tell that organizations do not answer: the portal has no mail address")
        return []
    with transaction.atomic():
        requests = list(
            VerificationRequest.objects.select_for_update(of=("self",))
            .filter(organization__in=organizations, outcome="", escalated_on=None)
            .select_related("organization")
            .order_by("organization__title_de")
        )
        if requests:
            VerificationRequest.objects.filter(pk__in=[request.pk for request in requests]).update(
                escalated_on=timezone.localdate()
            )
            with translation.override(languages.SOURCE):
                context = {
                    "requests": [(request, remaining(request)) for request in requests],
                    "link": settings.PORTAL_URL + reverse("admin:wegweiser_verificationrequest_changelist"),
                }
                message = render_to_string("wegweiser/mail/escalation.txt", context)
            outbox.queue(to, "Wegweiser: Diese Organisationen haben nicht geantwortet", message, reply_to=profile.email)
    return [request.organization for request in requests]


def close(request: VerificationRequest, outcome: str) -> None:
    request.outcome = outcome
    request.save(update_fields=["outcome", "answered_at", "delete_after"])


def renew(request: VerificationRequest | None) -> None:
    """A new link for somebody whose link is over: once a day, and only where the first one went and would still go."""
    rules = DirectorySettings.current()
    if request is None or not rules.send_requests:
        return
    with transaction.atomic():
        organization = locked(request.organization)
        request = VerificationRequest.objects.get(pk=request.pk)
        withdrawn = request.outcome == VerificationRequest.Outcome.WITHDRAWN
        if withdrawn or request.sent_to != mail_address(organization) or request.mailed_on == timezone.localdate():
            return
        if named(request):
            send(request, [], rules)


def withdraw(request: VerificationRequest) -> bool:
    """Takes back what nobody has fully answered yet. False where that came first."""
    withdrawn = {"outcome": VerificationRequest.Outcome.WITHDRAWN, "withdrawn_on": timezone.localdate()}
    with transaction.atomic():
        locked(request.organization)
        return bool(VerificationRequest.objects.filter(pk=request.pk, outcome="").update(**withdrawn))


# Answering --------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What an organization says of a service: new texts with the old ones it has seen."""

    service: Service
    outcome: str
    changes: list[tuple[str, facts.At, str, str]] = field(default_factory=list)  # name, place, old, new
    replaces: list[Proposal] = field(default_factory=list)  # what it has seen of earlier answers


def record(request: VerificationRequest, answers: Iterable[Answer]) -> bool:
    """Keeps the answers, unless the request has been withdrawn meanwhile.

    Whoever corrects one replaces what staff have not decided on yet, as far as it stood on the page.
    """
    now = timezone.now()
    with recording(comment="Vom Träger über den Link bestätigt"):
        locked(request.organization)
        request = VerificationRequest.objects.get(pk=request.pk)
        if request.outcome == VerificationRequest.Outcome.WITHDRAWN:
            return False
        for answer in answers:
            check, _new = request.checks.get_or_create(service=answer.service)
            check.outcome, check.answered_at = answer.outcome, now
            check.save()
            undecided = check.proposals.filter(state=Proposal.State.OPEN)
            undecided.filter(pk__in=[proposal.pk for proposal in answer.replaces]).delete()
            for name, at, old, new in answer.changes:
                undecided.get_or_create(field=name, at=at, new=new, defaults={"service_check": check, "old": old})
            if answer.outcome == ServiceCheck.Outcome.CONFIRMED:
                verified(answer.service, request.sent_to, timezone.localdate(now))
        if not remaining(request):
            request.answered_at = now
            confirmed = not request.checks.exclude(outcome__in=["", ServiceCheck.Outcome.CONFIRMED]).exists()
            outcomes = VerificationRequest.Outcome
            close(request, outcomes.CONFIRMED if confirmed else outcomes.CHANGED)
    return True


def verified(service: Service, by: str, on: date) -> None:
    """By the organization, on the day it said so; a check that somebody has made since stays."""
    service = locked_service(service.pk)
    if service.verified_on is None or service.verified_on <= on:
        service.verify(Service.Verification.ORGANIZATION, by=by, on=on)
        save_verification(service)


def verified_by_phone(service: Service, user: User) -> None:
    service.verify(Service.Verification.PHONE, by=user.email)
    save_verification(service)


def save_verification(service: Service) -> None:
    service.save(update_fields=["verified_on", "verified_how", "verified_by", "review_due", "modified"])


def locked_service(pk: int) -> Service:
    return Service.objects.select_for_update(of=("self",)).select_related("organization").get(pk=pk)


# Deciding ---------------------------------------------------------------------------------------------


class Decided(ValidationError):
    def __init__(self):
        super().__init__("Darüber hat gerade schon jemand entschieden.")


def accept(proposal: Proposal, user: User, anyway: bool = False) -> None:
    """Writes it into the directory, `anyway` also over what the organization has not seen.

    Raises ValidationError, saying why it cannot be, and then does nothing.
    """
    with transaction.atomic():
        service = locked_service(proposal.service_check.service_id)
        at = service.at_locations.select_related("location").get(pk=proposal.at_id) if proposal.at_id else None
        present = facts.read(service, proposal.field, at)
        whose = facts.owner(service, proposal.field, at)._meta
        if not user.has_perm(f"wegweiser.change_{whose.model_name}"):
            raise ValidationError(
                f"Das ändert mehr als diesen Eintrag ({whose.verbose_name}). Dafür fehlt Ihnen das Recht."
            )
        if facts.tidy(present) not in {facts.tidy(proposal.old), facts.tidy(proposal.new)} and not anyway:
            raise ValidationError("Im Wegweiser steht inzwischen etwas anderes. Bitte vergleichen Sie.")
        if present != proposal.new:
            facts.write(service, proposal.field, at, proposal.new)
        decide(proposal, Proposal.State.ACCEPTED, user)


def decline(proposal: Proposal, user: User) -> None:
    with transaction.atomic():
        locked_service(proposal.service_check.service_id)
        decide(proposal, Proposal.State.DECLINED, user)


def decide(proposal: Proposal, state: str, user: User) -> None:
    """The last decision may make the whole service verified. Whoever calls this holds the service's lock."""
    undecided = Proposal.objects.filter(pk=proposal.pk, state=Proposal.State.OPEN)
    if not undecided.update(state=state, decided_by=user, decided_at=timezone.now()):
        raise Decided
    check = proposal.service_check
    said = f"Vorschlag der Organisation {Proposal.State(state).label}: {facts.label(proposal.field, proposal.at)}"
    LogEntry.objects.log_actions(user.pk, [check.service], CHANGE, change_message=said, single_object=True)
    if is_agreed(check):
        verified(check.service, check.request.sent_to, timezone.localdate(check.answered_at))


def is_agreed(check: ServiceCheck) -> bool:
    """Does the entry say what the organization says? Nobody knows where staff have declined, or only read a comment."""
    if check.outcome == ServiceCheck.Outcome.CONFIRMED:
        return True
    latest = check.proposals.exclude(decided_at__lt=check.answered_at)  # not those of an answer it has corrected
    return latest.exclude(field="comment").exists() and not latest.exclude(state=Proposal.State.ACCEPTED).exists()


def accept_all(check: ServiceCheck, user: User) -> list[tuple[Proposal, ValidationError]]:
    """What could not be accepted stays open and comes back with its reason."""
    problems = []
    for proposal in check.proposals.filter(state=Proposal.State.OPEN).select_related("at__location"):
        try:
            accept(proposal, user)
        except Decided:
            pass
        except ValidationError as problem:
            problems.append((proposal, problem))
    return problems
