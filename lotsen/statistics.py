"""Counts that outlive the persons, and the counting itself: what is there and what is kept, nothing twice.

A request is counted as long as it is there, and kept as a count in the moment it is erased. So is that a volunteer has
come and gone. How many there are is kept at the end of each month.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from .models import (
    Activity,
    Assignment,
    AssistanceRequest,
    Attendance,
    MonthlyStat,
    Training,
    Volunteer,
    VolunteerLanguage,
)

Stage, Status, Subject = Volunteer.Stage, AssistanceRequest.Status, MonthlyStat.Subject

# Who is with us on a day. Who has left or was not taken is kept for some months only, so to count them says nothing.
PRESENT = (Stage.APPLIED, Stage.INTERVIEW, Stage.TRAINING, Stage.ACTIVE, Stage.PAUSED)

OPEN, NEW = "open", "new"


class Row(NamedTuple):
    """Requests that have all of this in common."""

    month: int
    outcome: str
    language: str
    kind: str
    place: str
    count: int


def month_of(moment: datetime) -> date:
    return timezone.localtime(moment).date().replace(day=1)


def outcome_of(status: str, is_past: bool) -> str:
    """How a request ended, whether or not anybody has said so by now."""
    if status not in AssistanceRequest.OPEN:
        return status
    if not is_past:
        return OPEN
    return Status.MATCHED if status == Status.MATCHED else Status.UNMET


# Keeping ----------------------------------------------------------------------------------------------


def keep(request: AssistanceRequest) -> None:
    """Counts a request that is about to be erased, in the same transaction."""
    # Who comes second to erase the same one finds nothing to count.
    facts = AssistanceRequest.objects.confirmed().select_for_update(of=("self",)).filter(pk=request.pk)
    if not (found := facts.select_related("kind", "municipality", "destination__location__municipality").first()):
        return
    went = found.assignments.filter(status=Assignment.Status.DONE).first()
    done = {"hours": (went and went.hours) or 0, "kilometres": (went and went.kilometres) or 0}
    outcome = outcome_of(found.status, found.is_past)
    add(
        found.starts_at,
        Subject.REQUEST,
        # Nobody waits any longer for what is not there.
        Status.CANCELLED if outcome == OPEN else outcome,
        language=found.spoken,
        kind=found.kind.title_de,
        municipality=place_of(found),
        **done,
    )
    if went and went.volunteer_id:
        year = timezone.localtime(found.starts_at).year
        activity, _new = Activity.objects.get_or_create(volunteer_id=went.volunteer_id, year=year)
        Activity.objects.filter(pk=activity.pk).update(
            count=F("count") + 1, **{name: F(name) + amount for name, amount in done.items()}
        )


def correct(activity: Activity) -> None:
    """Hours and kilometres of a year whose requests are gone were not right. In which month she did it nobody knows any
    more; of both, nothing but the sum of a year is ever told."""
    with transaction.atomic():
        was = Activity.objects.select_for_update().get(pk=activity.pk)
        activity.save()
        for name in ("hours", "kilometres"):
            more = getattr(activity, name) - getattr(was, name)
            kept = kept_requests(activity.year).filter(outcome__in=(Status.DONE, Status.NO_SHOW)).order_by("pk")
            for row in kept.select_for_update():
                change = max(more, -getattr(row, name))
                MonthlyStat.objects.filter(pk=row.pk).update(**{name: F(name) + change})
                more -= change


def place_of(request: AssistanceRequest) -> str:
    location = request.destination and request.destination.location
    place = request.municipality or (location and location.municipality)
    return place.name if place else ""


def keep_volunteer(volunteer: Volunteer) -> None:
    """Counts that somebody who is about to be erased has come, and has gone."""
    found = Volunteer.objects.confirmed().select_for_update(of=("self",)).filter(pk=volunteer.pk).first()
    if not found:
        return
    add(found.created, Subject.MOVE, NEW)
    if found.stage in PRESENT:
        add(timezone.now(), Subject.MOVE, Stage.LEFT)
    else:
        add(timezone.make_aware(datetime.combine(found.stage_since, time(12))), Subject.MOVE, found.stage)


def add(moment: datetime, subject: str, outcome: str, hours=0, kilometres=0, **what: str) -> None:
    row, _new = MonthlyStat.objects.get_or_create(
        month=month_of(moment),
        subject=subject,
        outcome=outcome,
        **{"language": "", "kind": "", "municipality": "", **what},
    )
    MonthlyStat.objects.filter(pk=row.pk).update(
        count=F("count") + 1, hours=F("hours") + hours, kilometres=F("kilometres") + kilometres
    )


def keep_month(today: date | None = None) -> None:
    """How many volunteers stood where at the end of the last month.

    Safe to run every day: the first time in a month counts who is there, except those who came since the month began.
    """
    month = (today or timezone.localdate()).replace(day=1)
    last = (month - timedelta(days=1)).replace(day=1)
    with transaction.atomic():
        # The number of all is there even where it is 0, and only one can be the first to write it.
        total, is_first = MonthlyStat.objects.get_or_create(
            month=last, subject=Subject.VOLUNTEER, outcome="", language="", kind="", municipality=""
        )
        if not is_first:
            return
        began = timezone.make_aware(datetime.combine(month, time()))
        found = present(Volunteer.objects.filter(created__lt=began))
        MonthlyStat.objects.filter(pk=total.pk).update(count=found.total)
        of_last = {"month": last, "subject": Subject.VOLUNTEER}
        rows = [MonthlyStat(**of_last, outcome=stage, count=n) for stage, n in found.stages.items()]
        rows += [MonthlyStat(**of_last, outcome="present", language=x, count=n) for x, n in found.languages.items()]
        # A place "" is one, too: elsewhere. The row without an outcome is the number of all.
        rows += [MonthlyStat(**of_last, outcome="lives", municipality=x, count=n) for x, n in found.places.items()]
        MonthlyStat.objects.bulk_create(rows)


# Counting ---------------------------------------------------------------------------------------------


@dataclass
class Present:
    """Who is there on a day. Whoever speaks three languages stands in three rows."""

    total: int = 0
    stages: Counter = field(default_factory=Counter)
    languages: Counter = field(default_factory=Counter)
    places: Counter = field(default_factory=Counter)
    as_of: date | None = None


def present(volunteers) -> Present:
    there = volunteers.confirmed().filter(stage__in=PRESENT).order_by()
    found = Present(as_of=timezone.localdate())
    for stage, place, number in there.values_list("stage", "municipality__name").annotate(Count("pk")):
        found.stages[stage] += number
        found.places[place or ""] += number
        found.total += number
    spoken = VolunteerLanguage.objects.filter(volunteer__in=there).order_by()
    found.languages.update(dict(spoken.values_list("code").annotate(Count("pk"))))
    return found


def present_in(year: int) -> Present:
    """Of this year today; of a year that is over as it was kept last. Without a day where nothing was kept."""
    if year == timezone.localdate().year:
        return present(Volunteer.objects.all())
    rows = list(MonthlyStat.objects.filter(subject=Subject.VOLUNTEER, month__year=year).order_by("month"))
    found = Present()
    for row in rows:
        if row.month != rows[-1].month:
            continue
        if row.outcome == "present":
            found.languages[row.language] = row.count
        elif row.outcome == "lives":
            found.places[row.municipality] = row.count
        elif row.outcome:
            found.stages[row.outcome] = row.count
        else:
            found.total = row.count
            found.as_of = (row.month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return found


def moves_in(year: int) -> Counter:
    """Who came, left or was not taken."""
    found = Counter()
    there = Volunteer.objects.confirmed().aggregate(
        new=Count("pk", filter=Q(created__year=year)),
        left=Count("pk", filter=Q(stage=Stage.LEFT, stage_since__year=year)),
        rejected=Count("pk", filter=Q(stage=Stage.REJECTED, stage_since__year=year)),
    )
    found.update(there)
    kept = MonthlyStat.objects.filter(subject=Subject.MOVE, month__year=year).order_by()
    found.update(dict(kept.values_list("outcome").annotate(Sum("count"))))
    return found


def live_requests(year: int):
    return AssistanceRequest.objects.confirmed().filter(starts_at__year=year).order_by()


def requests_in(year: int) -> Iterator[Row]:
    now = timezone.now()
    fields = ("starts_at", "ends_at", "status", "spoken", "kind__title_de", "municipality__name")
    for starts, ends, status, language, kind, town, target in live_requests(year).values_list(
        *fields, "destination__location__municipality__name"
    ):
        yield Row(month_of(starts).month, outcome_of(status, ends <= now), language, kind, town or target or "", 1)
    for row in kept_requests(year):
        yield Row(row.month.month, row.outcome, row.language, row.kind, row.municipality, row.count)


def kept_requests(year: int):
    return MonthlyStat.objects.filter(subject=Subject.REQUEST, month__year=year).order_by()


def work_in(year: int) -> tuple[Decimal, int]:
    """Hours and kilometres."""
    there = Assignment.objects.filter(status=Assignment.Status.DONE, request__in=live_requests(year))
    sums = [rows.aggregate(h=Sum("hours"), k=Sum("kilometres")) for rows in (there, kept_requests(year))]
    return sum((row["h"] or 0 for row in sums), Decimal()), sum(row["k"] or 0 for row in sums)


class Taught(NamedTuple):
    title: str
    trainings: int
    visits: int
    units: int


def trainings_in(year: int) -> list[Taught]:
    """What has taken place, by what it counts for."""
    held = Training.objects.filter(
        event__starts_at__year=year, event__starts_at__lte=timezone.now(), event__cancelled=False
    )
    came = Count("attendances", filter=Q(attendances__state=Attendance.State.ATTENDED))
    found: dict[str, Taught] = {}
    for title, units, visits in (
        held.annotate(came=came)
        .order_by("requirement__order", "pk")
        .values_list("requirement__title_de", "units", "came")
    ):
        before = found.get(title, Taught(title, 0, 0, 0))
        found[title] = Taught(title, before.trainings + 1, before.visits + visits, before.units + visits * units)
    return list(found.values())


def first_year() -> int:
    """Where the reports begin."""
    this = timezone.localdate().year
    kept = MonthlyStat.objects.order_by("month").values_list("month", flat=True).first()
    came = Volunteer.objects.confirmed().order_by("created").values_list("created", flat=True).first()
    asked = AssistanceRequest.objects.confirmed().order_by("starts_at").values_list("starts_at", flat=True).first()
    return min([this, *(found.year for found in (kept, came, asked) if found)])
