"""How long what is kept (the periods are settings), and what goes with a person who goes.

The last day of each row is worked out whenever it is saved; `purge_personal_data` erases what is past it.
"""

import re
from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from post_office.models import Email

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


def volunteer_goes(volunteer: Volunteer, rules: LotsenSettings) -> date:
    Stage = Volunteer.Stage
    if not volunteer.is_confirmed:
        day = arrived_on(volunteer) + timedelta(days=rules.unconfirmed_days)
    elif volunteer.stage == Stage.REJECTED:
        day = volunteer.stage_since + timedelta(days=rules.rejected_days)
    elif volunteer.stage == Stage.LEFT:
        day = volunteer.stage_since + timedelta(days=rules.left_days)
    else:
        day = volunteer.last_contact_on + timedelta(days=rules.inactive_days)
    return max(day, volunteer.keep_until or day)


def request_goes(request: AssistanceRequest, rules: LotsenSettings) -> date:
    if not request.is_confirmed:
        day = arrived_on(request) + timedelta(days=rules.unconfirmed_days)
    else:
        day = timezone.localtime(request.ends_at).date() + timedelta(days=rules.request_days)
    return max(day, request.keep_until or day)


def fulfilment_goes(fulfilment: Fulfilment, rules: LotsenSettings) -> date:
    """With the volunteer; what is known of a certificate of conduct earlier (§ 72a Abs. 5 SGB VIII)."""
    volunteer = fulfilment.volunteer
    if fulfilment.requirement.kind == Requirement.Kind.RECORD and volunteer.stage == Volunteer.Stage.LEFT:
        return min(volunteer.stage_since + timedelta(days=rules.record_days), volunteer.delete_after)
    return volunteer.delete_after


def arrived_on(person: Person) -> date:
    return timezone.localtime(person.created).date()


def new_periods() -> None:
    """Staff have changed the periods: every row gets its day anew."""
    for volunteer in Volunteer.objects.all():
        volunteer.save(update_fields=["delete_after"])
    for request in AssistanceRequest.objects.all():
        request.save(update_fields=["delete_after"])


# Erasing ----------------------------------------------------------------------------------------------


def erase_volunteer(volunteer: Volunteer) -> None:
    """All of it at once: languages, notes, consents, history, and the mails to her and about her.

    Where she was to accompany somebody, the request is open again.
    """
    with transaction.atomic():
        goes = volunteer.assignments.filter(status=Assignment.Status.ACCEPTED, request__ends_at__gt=timezone.now())
        AssistanceRequest.objects.filter(pk__in=goes.values("request"), status=AssistanceRequest.Status.MATCHED).update(
            status=AssistanceRequest.Status.NEW
        )
        done = (Assignment.Status.DONE, Assignment.Status.ACCEPTED)
        volunteer.assignments.exclude(status__in=done).delete()
        goes.delete()
        volunteer.attendances.exclude(state=Attendance.State.ATTENDED).delete()
        statistics.keep_volunteer(volunteer)
        forget(volunteer)
        volunteer.delete()


def erase_request(request: AssistanceRequest) -> None:
    with transaction.atomic():
        statistics.keep(request)
        forget(request)
        request.delete()


def forget(person: Person) -> None:
    """The mails to a person and those that name her, and what the history says of her."""
    if person.email:
        whole = re.compile(rf"(?<![\w.+-]){re.escape(person.email)}(?![\w-])", re.IGNORECASE)
        said_in = ("to", "cc", "bcc", "subject", "message", "headers")
        near = Email.objects.filter(
            reduce(or_, (Q(**{f"{name}__icontains": person.email}) for name in said_in))
        ).values_list("pk", *said_in)
        Email.objects.filter(pk__in=[pk for pk, *texts in near if whole.search("\n".join(map(str, texts)))]).delete()
    kind = ContentType.objects.get_for_model(type(person))
    LogEntry.objects.filter(content_type=kind, object_id=str(person.pk)).delete()
