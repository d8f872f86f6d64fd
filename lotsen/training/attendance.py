"""Who came to which training, and what follows from it: a requirement is met by itself, or no longer.

Everything is worked out anew from who came; so it does not matter who saves what first, or that a mark is taken back.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from ..models import Attendance, Fulfilment, Requirement, Training, Volunteer

State, Stage = Attendance.State, Volunteer.Stage

# Besides those in training: who may come to one as well.
OTHERS = (Stage.INTERVIEW, Stage.ACTIVE, Stage.PAUSED)


class Change(NamedTuple):
    """How many persons something has changed for."""

    met: int = 0
    unmet: int = 0


def has_begun(training: Training) -> bool:
    return timezone.localtime(training.event.starts_at).date() <= timezone.localdate()


def may_come():
    """Who can be put on a list. Whose data are restricted is left alone."""
    return Volunteer.objects.confirmed().filter(restricted=False, stage__in=[Stage.TRAINING, *OTHERS])


# Marking ----------------------------------------------------------------------------------------------


def expect(training: Training, more: Iterable[UUID], fewer: Iterable[UUID]) -> int:
    """Puts volunteers on the list and takes some off who have not been there yet; how many are on it now."""
    with transaction.atomic():
        lock(training)
        known = set(training.attendances.values_list("volunteer", flat=True))
        for volunteer in may_come().filter(pk__in=set(more) - known):
            training.attendances.create(volunteer=volunteer)
        training.attendances.filter(volunteer__in=set(fewer), state=State.EXPECTED).delete()
        return training.attendances.filter(state=State.EXPECTED).count()


def mark(training: Training, came: Iterable[UUID], back: Iterable[UUID], absent: Iterable[UUID]) -> Change:
    """Who came; for whom that was a mistake (`back`); and who was expected in vain.

    Only what somebody has changed on her page: a colleague may have marked others in the meantime.
    """
    came, back, absent = set(came), set(back), set(absent)
    with transaction.atomic():
        lock(training)
        volunteers = lock_volunteers(came | back | absent)
        known = {row.volunteer_id: row for row in training.attendances.filter(volunteer__in=volunteers)}
        listed = set(may_come().filter(pk__in=came).values_list("pk", flat=True)) | set(known)
        for pk in sorted(came & listed):
            set_state(training, known.get(pk), pk, State.ATTENDED)
        for pk in sorted(back & set(known)):
            if known[pk].state == State.ATTENDED:
                set_state(training, known[pk], pk, State.ABSENT)
        for pk in sorted(absent & set(known) - came):
            if known[pk].state == State.EXPECTED:
                set_state(training, known[pk], pk, State.ABSENT)
        day = timezone.localtime(training.event.starts_at).date()
        for pk in came & listed:
            if volunteers[pk].last_contact_on < day:
                volunteers[pk].last_contact_on = day
                volunteers[pk].save(update_fields=["last_contact_on"])
        return settle([training.requirement_id], volunteers)


def lock(training: Training) -> None:
    Training.objects.select_for_update(of=("self",)).get(pk=training.pk)


def lock_volunteers(pks: Iterable[UUID]) -> dict[UUID, Volunteer]:
    return {volunteer.pk: volunteer for volunteer in Volunteer.objects.filter(pk__in=set(pks)).locked()}


def set_state(training: Training, row: Attendance | None, pk: UUID, state: str) -> None:
    row = row or Attendance(training=training, volunteer_id=pk)
    row.state = state
    row.save()


# What follows -----------------------------------------------------------------------------------------


def settle(requirements: Iterable[int] | None = None, volunteers: Iterable[UUID] | None = None) -> Change:
    """Makes the fulfilments agree with who came; of all, or of some. Counts for how many persons that changed."""
    with transaction.atomic():
        came = held().filter(volunteer__isnull=False)
        there = Fulfilment.objects.filter(requirement__kind=Requirement.Kind.TRAINING)
        if requirements is not None:
            requirements = list(requirements)
            came = came.filter(training__requirement__in=requirements)
            there = there.filter(requirement__in=requirements)
        if volunteers is None:
            volunteers = {*came.values_list("volunteer", flat=True), *there.values_list("volunteer", flat=True)}
        # Two trainings saved at once: the second one to get here sees what the first one has marked.
        people = lock_volunteers(volunteers)
        wanted = earned(came.filter(volunteer__in=people))
        kept, entered = defaultdict(dict), defaultdict(set)
        for row in there.filter(volunteer__in=people).order_by("pk"):
            key = row.volunteer_id, row.requirement_id
            if row.by_attendance:
                kept[key][row.fulfilled_on] = row
            else:
                entered[key].add(row.fulfilled_on)
        rules = Requirement.objects.in_bulk({requirement for _volunteer, requirement in {*wanted, *kept}})
        met = unmet = 0
        for key in {*wanted, *kept}:
            days = wanted.get(key, set()) - entered[key]
            for day in set(kept[key]) - days:
                kept[key][day].delete()
            for day in sorted(days - set(kept[key])):
                Fulfilment.objects.create(
                    volunteer=people[key[0]], requirement=rules[key[1]], fulfilled_on=day, by_attendance=True
                )
            had, has = bool(kept[key] or entered[key]), bool(days or entered[key])
            met, unmet = met + (has and not had), unmet + (had and not has)
        return Change(met, unmet)


def held() -> QuerySet[Attendance]:
    """What counts: nobody was at a training that was called off, whatever had been marked before."""
    return Attendance.objects.filter(state=State.ATTENDED, training__event__cancelled=False)


def earned(came) -> dict[tuple[UUID, int], set[date]]:
    """On which days the trainings of each volunteer came to be enough. What has to be renewed is counted from 0 again."""
    found, units = defaultdict(set), defaultdict(int)
    rows = came.order_by("training__event__starts_at", "pk").values_list(
        "volunteer",
        "training__requirement",
        "training__requirement__units",
        "training__requirement__valid_months",
        "training__event__starts_at",
        "training__units",
    )
    for volunteer, requirement, needed, months, starts, attended in rows:
        key = volunteer, requirement
        if found[key] and not months:
            continue
        units[key] += attended
        if units[key] >= (needed or 1):
            found[key].add(timezone.localtime(starts).date())
            units[key] = 0
    return found


def progress(requirement: Requirement, volunteers: Iterable[UUID]) -> dict[UUID, int]:
    """The units each has attended so far."""
    rows = held().filter(volunteer__in=volunteers, training__requirement=requirement).order_by()
    return dict(rows.values_list("volunteer").annotate(Sum("training__units")))
