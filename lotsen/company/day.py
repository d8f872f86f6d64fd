"""What is to be done every day. Each request by itself and locked: safe to run twice, and beside another worker."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from ..models import Assignment, AssistanceRequest
from . import links, steps
from .letters import tell

logger = logging.getLogger("portal")

REMIND_AFTER = timedelta(days=7)


def work() -> None:
    found = AssistanceRequest.objects.confirmed()
    for asked in found.filter(status__in=steps.LOOKING, starts_at__lte=timezone.now()):
        attempt(close_in_vain, asked)
    for asked in found.filter(status=AssistanceRequest.Status.SEARCHING, told_nobody_left=None):
        attempt(look_who_is_left, asked)
    for asked in found.filter(status=AssistanceRequest.Status.MATCHED, ends_at__lt=midnight()):
        attempt(ask_for_report, asked)


def attempt(step: Callable[[AssistanceRequest], None], asked: AssistanceRequest) -> None:
    """One that fails keeps no other waiting; what a database says of a row would be about a person."""
    try:
        step(asked)
    except Exception as error:
        logger.error("%s: %s failed with %s", asked.reference, step.__name__, type(error).__name__)


def midnight():
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def close_in_vain(asked: AssistanceRequest) -> None:
    with steps.locked(asked.pk) as asked:
        if asked.status in steps.LOOKING and asked.starts_at <= timezone.now():
            steps.give_up(asked)


def look_who_is_left(asked: AssistanceRequest) -> None:
    with steps.locked(asked.pk) as asked:
        steps.tell_if_nobody_is_left(asked)


def ask_for_report(asked: AssistanceRequest) -> None:
    """The day after, and once more a week later."""
    today = timezone.localdate()
    asked_before = Q(report_asked_on__lte=today - REMIND_AFTER, report_reminded_on=None)
    with steps.locked(asked.pk) as asked:
        waiting = asked.assignments.filter(status=Assignment.Status.ACCEPTED, volunteer__isnull=False)
        for assignment in waiting.filter(Q(report_asked_on=None) | asked_before).select_related("volunteer"):
            field = "report_reminded_on" if assignment.report_asked_on else "report_asked_on"
            setattr(assignment, field, today)
            assignment.save(update_fields=[field])
            tell("report", assignment.volunteer, asked, link=links.to_invitation(assignment))
