"""What is to be done every day: whatever runs out soon is said in time."""

from collections import Counter
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation

from .. import mails
from ..models import Fulfilment, Volunteer
from . import attendance, letters

# To get a certificate of conduct or to wait for the next course takes some weeks, hence two months; after six weeks the
# second letter is the last one.
DAYS_BEFORE = (60, 14)
LOOK_BACK = timedelta(days=365)
GONE = (Volunteer.Stage.LEFT, Volunteer.Stage.REJECTED)


def running_out(prefix: str = "", today: date | None = None) -> Q:
    """What has run out or will within two months, where nothing newer stands in for it, of those who are with us."""
    pk, volunteer, requirement, expires = (
        OuterRef(prefix + name) for name in ("pk", "volunteer", "requirement", "expires_on")
    )
    newer = Fulfilment.objects.filter(volunteer=volunteer, requirement=requirement).exclude(pk=pk)
    until = (today or timezone.localdate()) + timedelta(days=DAYS_BEFORE[0])
    return (
        Q(**{f"{prefix}expires_on__lte": until})
        & ~Q(**{f"{prefix}volunteer__stage__in": GONE})
        & ~Exists(newer.filter(Q(expires_on=None) | Q(expires_on__gt=expires)))
    )


def listed(prefix: str = "", today: date | None = None) -> Q:
    """As staff see it: what ran out longer ago they know."""
    since = (today or timezone.localdate()) - LOOK_BACK
    return running_out(prefix, today) & Q(**{f"{prefix}expires_on__gte": since})


def is_needed(fulfilment: Fulfilment) -> bool:
    """Nobody has to get a certificate of conduct for help she does not give."""
    kinds = {kind.pk for kind in fulfilment.requirement.kinds.all()}
    helps_with = {kind.pk for kind in fulfilment.volunteer.kinds.all()}
    return not kinds or not helps_with or bool(kinds & helps_with)


def due(today: date) -> list[tuple[Fulfilment, int]]:
    """Who is to be told today, and how long before. If nothing was done for days, only the last letter is written."""
    soon = Fulfilment.objects.filter(
        running_out(today=today), expires_on__gte=today, volunteer__restricted=False,
        volunteer__in=Volunteer.objects.confirmed(),
    )  # fmt: skip
    found = []
    for fulfilment in soon.select_related("volunteer", "requirement").prefetch_related(
        "requirement__kinds", "volunteer__kinds"
    ):
        past = [days for days in DAYS_BEFORE if fulfilment.expires_on - timedelta(days=days) <= today]
        reached = fulfilment.expires_on - timedelta(days=past[-1])
        told = fulfilment.reminded_on and fulfilment.reminded_on >= reached
        if not told and is_needed(fulfilment):
            found.append((fulfilment, past[-1]))
    return found


def work(today: date | None = None) -> None:
    attendance.settle()  # an event may have been moved or deleted
    remind(today or timezone.localdate())


def remind(today: date) -> None:
    """Both or neither: that somebody has been told, and the mails."""
    with transaction.atomic():
        counts, unwritten = Counter(), 0
        for fulfilment, days in due(today):
            mine = Fulfilment.objects.filter(pk=fulfilment.pk, reminded_on=fulfilment.reminded_on)
            if not mine.update(reminded_on=today):
                continue  # another worker was faster
            counts[days] += 1
            unwritten += not fulfilment.volunteer.email
            letters.expiry(fulfilment)
        if counts:
            tell_coordination(counts, unwritten)


def tell_coordination(counts: Counter, unwritten: int) -> None:
    lines = [f"in spätestens {days} Tagen: {counts[days]}" for days in DAYS_BEFORE if counts[days]]
    if unwritten:
        lines.append(f"davon ohne E-Mail-Adresse, bitte anrufen: {unwritten}")
    with translation.override("de"):
        link = settings.PORTAL_URL + reverse("admin:lotsen_requirement_running_out")
    mails.tell_coordinator(
        "Bei Lotsinnen und Lotsen läuft etwas ab",
        "Guten Tag,\n\n"
        "Schulungen, Erklärungen oder Führungszeugnisse gelten nicht mehr lange:\n\n"
        + "\n".join(lines)
        + f"\n\nWer das ist, steht hier:\n{link}\n\nDie Lotsinnen und Lotsen haben eine E-Mail bekommen, wenn sie eine Adresse haben.",
    )
