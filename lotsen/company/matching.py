"""Who could go. The database says of each volunteer what matters for one request, in a query however many there are;
then plain rules sort, and give their reasons. Nobody is ever chosen by them: the coordination decides."""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import (
    CharField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from integration.wegweiser import spoken
from portal import languages

from ..models import (
    Assignment,
    AssistanceRequest,
    Fulfilment,
    LotsenSettings,
    Requirement,
    Volunteer,
    VolunteerLanguage,
)
from ..models.people import DAYS, PARTS

Stage = Volunteer.Stage

# What leaves somebody out. The coordination may look past each of these …
FILTERS = {
    "language": "spricht die Sprache nicht gut genug",
    "area": "hilft nicht in diesem Ort",
    "hours": "hat in dieser Woche keine Stunden mehr frei",
    "requirements": "es fehlt eine Voraussetzung",
    "stage": "ist (noch) nicht aktiv",
}
# … but not past these: of them the law or the clock decides.
FIRM = {
    "record": "das Führungszeugnis fehlt oder ist zu alt",
    "overlap": "ist zu dieser Zeit schon mit jemand anderem unterwegs",
    "restricted": "die Verarbeitung der Daten ist eingeschränkt",
}

HOME, SLOT, KIND = 3, 3, 2
RECENT = timedelta(days=90)
HOURS_PER_POINT = 5


@dataclass
class Candidate:
    volunteer: Volunteer
    score: Decimal
    reasons: list[str]
    warnings: list[str] = field(default_factory=list)  # what the coordination looks past
    asked: str = ""  # the status of an invitation to just this


@dataclass
class LeftOut:
    volunteer: Volunteer
    why: dict[str, str]  # by filter, in words


@dataclass
class Proposal:
    candidates: list[Candidate]
    left_out: list[LeftOut]
    ignored: frozenset[str]

    def would_join(self) -> dict[str, int]:
        """How many more there would be if the coordination looked past one more filter, each by itself."""
        return {name: sum(left.why.keys() == {name} for left in self.left_out) for name in FILTERS}


def propose(asked: AssistanceRequest, ignore: Set[str] = frozenset(), rules: LotsenSettings | None = None) -> Proposal:
    rules = rules or LotsenSettings.current()
    ignored = frozenset(ignore) & FILTERS.keys()
    requirements = list(needed(asked))
    candidates, left_out = [], []
    with translation.override(languages.SOURCE):
        for volunteer in with_facts(asked, requirements):
            why = obstacles(asked, volunteer, requirements, rules)
            if why.keys() - ignored:
                left_out.append(LeftOut(volunteer, {name: text for name, text in why.items() if name not in ignored}))
                continue
            points, reasons = merits(asked, volunteer)
            score = points - volunteer.recent_hours / HOURS_PER_POINT
            candidates.append(Candidate(volunteer, score, reasons, list(why.values()), volunteer.asked_already))
    candidates.sort(key=lambda found: (-found.score, found.volunteer.recent_hours, found.volunteer.created))
    return Proposal(candidates, left_out, ignored)


# What the database is asked -----------------------------------------------------------------------------


def needed(asked: AssistanceRequest) -> QuerySet[Requirement]:
    """What is mandatory for this kind of help."""
    of_kinds = Requirement.kinds.through.objects.filter(requirement=OuterRef("pk"))
    return Requirement.objects.filter(mandatory=True).filter(
        ~Exists(of_kinds) | Exists(of_kinds.filter(kindofhelp=asked.kind_id))
    )


def with_facts(asked: AssistanceRequest, requirements: list[Requirement]) -> QuerySet[Volunteer]:
    """Everybody who is still with the office. Not joined: each row would count once for each other row."""
    own = Assignment.objects.filter(volunteer=OuterRef("pk"))
    areas = Volunteer.areas.through.objects.filter(volunteer=OuterRef("pk"))
    accepted = own.filter(status=Assignment.Status.ACCEPTED).exclude(request=asked.pk)
    monday, next_monday = week(asked.starts_at)
    this_week = own.filter(request__starts_at__gte=monday, request__starts_at__lt=next_monday).exclude(request=asked.pk)
    done = Q(status=Assignment.Status.DONE)
    planned = Q(status=Assignment.Status.ACCEPTED) | Q(status=Assignment.Status.DONE, hours=None)
    duration = ExpressionWrapper(F("request__ends_at") - F("request__starts_at"), output_field=DurationField())
    return (
        Volunteer.objects.confirmed()
        .exclude(stage__in=(Stage.LEFT, Stage.REJECTED))
        .select_related("municipality")
        .annotate(
            level=Subquery(
                VolunteerLanguage.objects.filter(volunteer=OuterRef("pk"), code=asked.spoken).values("level")
            ),
            covers=~Exists(areas) | Exists(areas.filter(municipality=asked.municipality_id))
            if asked.municipality_id
            else Value(True),
            helps=Exists(Volunteer.kinds.through.objects.filter(volunteer=OuterRef("pk"), kindofhelp=asked.kind_id)),
            elsewhere=Exists(
                accepted.filter(request__starts_at__lt=asked.ends_at, request__ends_at__gt=asked.starts_at)
            ),
            week_hours=total(this_week.filter(done), "hours", Decimal(0)),
            week_planned=total(this_week.filter(planned), duration, timedelta(0)),
            recent_hours=total(own.filter(done, request__starts_at__gte=timezone.now() - RECENT), "hours", Decimal(0)),
            asked_already=Coalesce(
                Subquery(own.filter(request=asked.pk).values("status")), Value(""), output_field=CharField()
            ),
            **{f"has_{requirement.pk}": Exists(valid(requirement, asked)) for requirement in requirements},
        )
    )


def total(rows: QuerySet[Assignment], what, nothing):
    """One number of many rows, as a subquery."""
    summed = rows.order_by().values("volunteer").annotate(total=Sum(what)).values("total")
    return Coalesce(Subquery(summed), Value(nothing))


def valid(requirement: Requirement, asked: AssistanceRequest) -> QuerySet[Fulfilment]:
    """Met on the day of the appointment, whatever is today."""
    day = timezone.localtime(asked.starts_at).date()
    met = Fulfilment.objects.filter(volunteer=OuterRef("pk"), requirement=requirement, fulfilled_on__lte=day)
    return met.filter(Q(expires_on=None) | Q(expires_on__gte=day))


def week(moment: datetime) -> tuple[datetime, datetime]:
    """From Monday to Monday by the clock on the wall."""
    day = timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


# What it means ------------------------------------------------------------------------------------------


def obstacles(
    asked: AssistanceRequest, volunteer: Volunteer, requirements: list[Requirement], rules: LotsenSettings
) -> dict[str, str]:
    """Each filter that holds somebody back, with what exactly it is."""
    found = {}
    if volunteer.stage != Stage.ACTIVE:
        until = f" bis {volunteer.paused_until:%d.%m.%Y}" if volunteer.paused_until else ""
        found["stage"] = f"{volunteer.get_stage_display()}{until}"
    if volunteer.restricted:
        found["restricted"] = FIRM["restricted"]
    if volunteer.level is None:
        found["language"] = f"spricht nicht {spoken.name(asked.spoken)}"
    elif volunteer.level < rules.level:
        found["language"] = f"{spoken.name(asked.spoken)} nur {volunteer.level}"
    if not volunteer.covers:
        found["area"] = f"hilft nicht in {asked.municipality}"
    if volunteer.elsewhere:
        found["overlap"] = FIRM["overlap"]
    cap = rules.hours_week if volunteer.hours_week is None else volunteer.hours_week
    so_far = volunteer.week_hours + in_hours(volunteer.week_planned)
    if so_far + in_hours(asked.ends_at - asked.starts_at) > cap:
        found["hours"] = f"in dieser Woche schon {number(so_far)} von {cap} Stunden"
    missing = [requirement for requirement in requirements if not getattr(volunteer, f"has_{requirement.pk}")]
    for name, is_record in (("record", True), ("requirements", False)):
        titles = [str(each) for each in missing if (each.kind == Requirement.Kind.RECORD) == is_record]
        if titles:
            found[name] = f"am Tag des Termins fehlt: {', '.join(titles)}"
    return found


def merits(asked: AssistanceRequest, volunteer: Volunteer) -> tuple[int, list[str]]:
    """Points and what they are for."""
    points, reasons = 0, []
    if volunteer.level:
        reasons.append(f"{spoken.name(asked.spoken)} {volunteer.level}")
    if asked.municipality_id and volunteer.municipality_id == asked.municipality_id:
        points += HOME
        reasons.append(f"wohnt in {asked.municipality} (+{HOME})")
    if (slot := slot_of(asked.starts_at)) in volunteer.availability:
        points += SLOT
        day, part = slot.split("-")
        reasons.append(f"hat Zeit: {DAYS[day]}, {PARTS[part]} (+{SLOT})")
    if volunteer.helps:
        points += KIND
        reasons.append(f"hilft bei {asked.kind} (+{KIND})")
    if volunteer.recent_hours:
        minus = number(volunteer.recent_hours / HOURS_PER_POINT)
        reasons.append(f"{number(volunteer.recent_hours)} Stunden in den letzten 90 Tagen (−{minus})")
    return points, reasons


def slot_of(moment: datetime) -> str:
    """The part of the week in which an appointment begins, as volunteers tick it: "mo-am"."""
    local = timezone.localtime(moment)
    part = "am" if local.hour < 12 else "pm" if local.hour < 18 else "ev"
    return f"{list(DAYS)[local.weekday()]}-{part}"


def in_hours(duration: timedelta) -> Decimal:
    return Decimal(int(duration.total_seconds())) / 3600


def number(hours: Decimal) -> str:
    return f"{hours:.1f}".removesuffix(".0").replace(".", ",")
