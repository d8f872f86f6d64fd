"""The yearly report: counts without persons, as tables, charts and CSV, for the coordination and whoever manages the
portal. Nothing leaves this module that lotsen/suppression.py has not let pass."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from integration.wegweiser import spoken
from portal import spreadsheets
from portal.models import SiteProfile
from portal.versions import audit

from . import statistics
from .models import AssistanceRequest, MonthlyStat, Volunteer
from .suppression import HIDDEN, SMALLEST, say, shown, suppress

ELSEWHERE = "anderer oder unbekannter Ort"

Status = AssistanceRequest.Status
OUTCOMES = {
    Status.DONE: "begleitet",
    Status.MATCHED: "jemand ging mit, noch ohne Rückmeldung",
    Status.UNMET: "niemand gefunden",
    Status.NO_SHOW: "niemand ist gekommen",
    Status.CANCELLED: "abgesagt",
    statistics.OPEN: "noch offen",
}
MOVES = {
    statistics.NEW: "neu angemeldet",
    Volunteer.Stage.LEFT: "ausgeschieden",
    Volunteer.Stage.REJECTED: "nicht aufgenommen",
}


@dataclass
class Bar:
    """A row of a chart, in its own units (templates/admin/lotsen/report/_table.html)."""

    label: str
    value: str
    y: int
    length: float

    @property
    def end(self) -> float:
        return 176 + self.length


@dataclass
class Table:
    """Rows of a label and numbers; the first number is drawn. None is hidden."""

    caption: str
    label: str
    heads: list[str]
    rows: list[tuple[str, list]]
    total: list | None = None
    notes: list[str] = field(default_factory=list)
    withheld: bool = False
    chart: bool = True

    def lines(self) -> list[tuple[str, list]]:
        return [*self.rows, ("Summe", self.total)] if self.total else self.rows

    def bars(self) -> list[Bar]:
        """As long as the largest that is shown allows; a hidden number has none."""
        numbers = [numbers[0] or 0 for _label, numbers in self.rows]
        longest = max(numbers, default=0)
        if not self.chart or not longest:
            return []
        return [
            Bar(shorten(label), say(values[0]), 24 * place, round(170 * (values[0] or 0) / longest, 1))
            for place, (label, values) in enumerate(self.rows)
        ]

    def height(self) -> int:
        return 24 * len(self.rows)


def shorten(label: str) -> str:
    return label if len(label) <= 22 else f"{label[:21].rstrip()}…"


def table(caption: str, label: str, counts: Iterable[tuple[str, int]], by_number: bool = False, **more) -> Table:
    """Each counted once: rows, and what they come to."""
    counts = list(counts)
    found = suppress([count for _name, count in counts])
    total = sum(count for _name, count in counts)
    withheld = bool(counts) and all(count is None for count in found)
    rows = [] if withheld else [(name, [count]) for (name, _count), count in zip(counts, found, strict=True)]
    if by_number:  # the hidden ones last and by name: their order would tell which is larger
        rows.sort(key=lambda row: (-(row[1][0] or 0), row[0].casefold()))
    return Table(caption, label, ["Anzahl"], rows, [shown(total)], withheld=withheld, **more)


def named(counts: Counter, name=str) -> list[tuple[str, int]]:
    return [(name(key), count) for key, count in counts.items()]


def home(place: str) -> str:
    return place or ELSEWHERE


# What stands in it --------------------------------------------------------------------------------------


@dataclass
class Report:
    year: int
    as_of: date | None  # of the volunteers
    sections: list[tuple[str, str, list[Table]]]  # id, title


def report(year: int) -> Report:
    found = statistics.present_in(year)
    return Report(
        year,
        found.as_of,
        [
            ("freiwillige", "Lotsinnen und Lotsen", [*volunteers(found), moves(year)]),
            ("schulungen", "Schulungen", [trainings(year)]),
            ("anfragen", "Anfragen nach Begleitung", requests(year)),
        ],
    )


def volunteers(found: statistics.Present) -> list[Table]:
    if not found.as_of:
        return []
    when = f"am {date_format(found.as_of)}"
    stages = [(stage.label, found.stages[stage]) for stage in statistics.PRESENT]
    # Of two or less no row may be shown, not even that of a language.
    languages = named(found.languages, spoken.name) if found.total >= SMALLEST else []
    languages = [(name, shown(count)) for name, count in languages]
    return [
        table(f"Nach Stand, {when}", "Stand", stages),
        Table(
            f"Nach Sprache, {when}",
            "Sprache",
            ["Anzahl"],
            [(name, [count]) for name, count in sorted(languages, key=lambda row: (-(row[1] or 0), row[0].casefold()))],
            notes=["Wer mehrere Sprachen spricht, zählt mehrfach."],
            withheld=bool(found.languages) and not languages,
        ),
        table(f"Nach Wohnort, {when}", "Ort", named(found.places, home), by_number=True),
    ]


def moves(year: int) -> Table:
    counts = statistics.moves_in(year)
    made = table(
        f"Neu und ausgeschieden, {year}",
        "",
        [(name, counts[key]) for key, name in MOVES.items()],
        notes=[
            "Wessen Angaben gelöscht worden sind, ohne dass sie oder er vorher ausgeschieden ist, zählt als ausgeschieden."
        ],
    )
    made.label, made.total = "Bewegung", None
    return made


def trainings(year: int) -> Table:
    found = statistics.trainings_in(year)
    visits = suppress([row.visits for row in found])
    # From the units one could work out who came.
    units = [row.units for row in found] if None not in visits else [None] * len(found)
    total = sum(row.visits for row in found)
    sums = [shown(total), sum(row.trainings for row in found), None if None in units else sum(units)]
    return Table(
        f"Schulungen, {year}",
        "Schulung",
        ["Teilnahmen", "Termine", "Einheiten"],
        [
            (row.title, [number, row.trainings, taught])
            for row, number, taught in zip(found, visits, units, strict=True)
        ],
        sums if found else None,
    )


def requests(year: int) -> list[Table]:
    outcomes, languages, kinds, places, months = (Counter() for _ in range(5))
    for row in statistics.requests_in(year):
        for counter, value in (
            (outcomes, row.outcome),
            (languages, row.language),
            (kinds, row.kind),
            (places, row.place),
            (months, row.month),
        ):
            counter[value] += row.count
    return [
        table(f"Nach Ausgang, {year}", "Ausgang", [(name, outcomes[key]) for key, name in OUTCOMES.items()]),
        work(year, outcomes[Status.DONE]),
        table(f"Nach Sprache, {year}", "Sprache", named(languages, spoken.name), by_number=True),
        table(f"Nach Art der Hilfe, {year}", "Art der Hilfe", named(kinds), by_number=True),
        table(f"Nach Ort, {year}", "Ort", named(places, home), by_number=True),
        table(f"Nach Monat, {year}", "Monat", [(str(name), months[number]) for number, name in MONTHS.items()]),
    ]


def work(year: int, done: int) -> Table:
    hours, kilometres = statistics.work_in(year)
    # Whoever has waited in vain has hours as well, and may be the only one.
    if done < SMALLEST and (done or hours or kilometres):
        hours = kilometres = None
    return Table(
        f"Geleistet, {year}",
        "Was",
        ["Summe"],
        [("Stunden", [hours]), ("Kilometer", [kilometres])],
        chart=False,
    )


# Pages --------------------------------------------------------------------------------------------------


def years(request, year: int) -> list[int]:
    """For which there are reports, the current one first; for who may read them."""
    if not request.user.has_perm("lotsen.view_monthlystat"):
        raise PermissionDenied
    found = list(range(timezone.localdate().year, statistics.first_year() - 1, -1))
    if year not in found:
        raise Http404
    return found


@require_safe
def page(request, year: int):
    reports = years(request, year)
    context = {
        **admin.site.each_context(request),
        "opts": MonthlyStat._meta,
        "title": f"Jahresbericht {year}",
        "site": SiteProfile.current(),
        "report": report(year),
        "smallest": SMALLEST,
        "hidden": HIDDEN,
        "current": year == reports[0],
        "years": reports,
        "today": timezone.localdate(),
    }
    return render(request, "admin/lotsen/report/report.html", context)


@require_safe
def csv(request, year: int):
    years(request, year)
    audit.note(audit.Action.EXPORT, request.user, kind=f"Jahresbericht {year}")
    rows = [
        [section, one.caption, label, head, say(number, grouped=False)]
        for _id, section, tables in report(year).sections
        for one in tables
        for label, numbers in one.lines()
        for head, number in zip(one.heads, numbers, strict=True)
    ]
    data = spreadsheets.write_csv(["Bereich", "Tabelle", "Merkmal", "Größe", "Wert"], rows)
    return HttpResponse(
        data,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="jahresbericht-{year}.csv"'},
    )
