"""What a volunteer has learnt and done, as an accessible PDF (PDF/UA-1) for the office to sign.

`certificate.typ` says what it looks like; all words come from here, as data. Nothing of a certificate of conduct.
"""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.views.decorators.http import require_GET

from integration.wegweiser.paper import booklet, shelf
from portal import languages
from portal.models import SiteProfile
from portal.versions import audit

from ..models import Assignment, LotsenPage, LotsenSettings, Requirement, Volunteer
from . import attendance

TEMPLATE = Path(__file__).with_name("certificate.typ")
PATIENCE = 15  # seconds until what others are having set is ready


@require_GET
def certificate_view(request, pk):
    if not request.user.has_perm("lotsen.change_volunteer"):
        raise PermissionDenied
    volunteer = Volunteer.objects.confirmed().filter(pk=pk).first()
    if volunteer is None:
        raise Http404
    try:
        with shelf.one_at_a_time(PATIENCE):
            pdf = certificate(volunteer)
    except (shelf.Busy, booklet.NotMade):
        messages.error(
            request, "Die Bescheinigung ließ sich gerade nicht erstellen. Bitte versuchen Sie es gleich noch einmal."
        )
        return HttpResponseRedirect(reverse("admin:lotsen_volunteer_change", args=[pk]))
    LogEntry.objects.log_actions(request.user.pk, [volunteer], CHANGE, "Bescheinigung erstellt.", single_object=True)
    audit.note(audit.Action.EXPORT, request.user, volunteer, was="Bescheinigung")
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="bescheinigung-{volunteer.reference}.pdf"',
            "Cache-Control": "no-store, private",
        },
    )


def certificate(volunteer: Volunteer) -> bytes:
    with translation.override(languages.SOURCE):
        return booklet.typeset(lambda: content(volunteer), TEMPLATE)


def content(volunteer: Volunteer) -> dict:
    site, rules, today = SiteProfile.current(), LotsenSettings.current(), timezone.localdate()
    page = LotsenPage.objects.select_related("office").first()
    place = rules.certificate_place or site.city
    return {
        "colour": site.colour or booklet.COLOUR,
        "date": [today.year, today.month, today.day],
        # Without her name: titles stand in windows and lists of files.
        "document": f"Bescheinigung {volunteer.reference} – {site.name}",
        "name": booklet.tidy(volunteer.name),
        "number": volunteer.reference,
        "county": site.name,
        "office": page.office.title_de if page and page.office else "",
        "contact": [
            line for line in (site.street, f"{site.postal_code} {site.city}".strip(), site.phone, site.email) if line
        ],
        "when": f"{place}, den {date_format(today)}" if place else date_format(today),
        "signature": rules.certificate_signature,
        **trainings(volunteer),
        "fulfilled": fulfilled(volunteer),
        "activity": activity(volunteer),
    }


def trainings(volunteer: Volunteer) -> dict:
    came = attendance.held().filter(volunteer=volunteer).select_related("training__event")
    found = [row.training for row in came.order_by("training__event__starts_at", "training")]
    return {
        "trainings": [[day(row.event.starts_at), booklet.tidy(row.event.title_de), str(row.units)] for row in found],
        "units": str(sum(row.units for row in found)),
    }


def day(moment) -> str:
    return date_format(timezone.localtime(moment), "d.m.Y")


def fulfilled(volunteer: Volunteer) -> list[str]:
    """What is fulfilled today, the latest time of each."""
    found = {}
    current = Q(expires_on=None) | Q(expires_on__gte=timezone.localdate())
    rows = volunteer.fulfilments.filter(current).exclude(requirement__kind=Requirement.Kind.RECORD)
    for row in rows.select_related("requirement").order_by("requirement__order", "requirement", "fulfilled_on"):
        until = f", gilt bis {row.expires_on:%d.%m.%Y}" if row.expires_on else ""
        found[row.requirement_id] = f"{booklet.tidy(row.requirement.title_de)}: {row.fulfilled_on:%d.%m.%Y}{until}"
    return list(found.values())


def activity(volunteer: Volunteer) -> list[list[str]]:
    """Year, times and hours: of the requests that are still there, and of those that have been erased."""
    years = defaultdict(lambda: [0, Decimal()])
    rows = [(row.year, row.count, row.hours) for row in volunteer.activities.all()]
    done = volunteer.assignments.filter(status=Assignment.Status.DONE)
    rows += [
        (timezone.localtime(starts).year, 1, hours or 0)
        for starts, hours in done.values_list("request__starts_at", "hours")
    ]
    for year, count, hours in rows:
        years[year][0] += count
        years[year][1] += hours
    return [[str(year), str(count), number_format(hours, 1)] for year, (count, hours) in sorted(years.items())]
