"""Counts that outlive the persons: requests when they are erased, volunteers at the end of each month."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation

from portal import languages

from .models import AssistanceRequest, MonthlyStat, Volunteer


def keep(request: AssistanceRequest) -> None:
    """Counts a request that is about to be erased. Until then reports count the request itself."""
    if not request.is_confirmed:
        return
    carried_out = request.assignments.filter(status="done").first()
    outcome = AssistanceRequest.Status.UNMET if request.is_open else request.status
    with translation.override(languages.SOURCE), transaction.atomic():
        row, _new = MonthlyStat.objects.select_for_update().get_or_create(
            month=timezone.localtime(request.starts_at).date().replace(day=1),
            subject=MonthlyStat.Subject.REQUEST,
            outcome=outcome,
            language=request.spoken,
            kind=request.kind.title,
            municipality=request.municipality.name if request.municipality else "",
        )
        MonthlyStat.objects.filter(pk=row.pk).update(
            count=F("count") + 1,
            hours=F("hours") + (carried_out.hours or 0 if carried_out else 0),
            kilometres=F("kilometres") + (carried_out.kilometres or 0 if carried_out else 0),
        )


def keep_month(today: date | None = None) -> None:
    """How many volunteers stood where at the end of the last month. Safe to run every day."""
    last = ((today or timezone.localdate()).replace(day=1) - timedelta(days=1)).replace(day=1)
    rows = MonthlyStat.objects.filter(month=last, subject=MonthlyStat.Subject.VOLUNTEER)
    if rows.exists():
        return
    counts: dict[tuple[str, str, str], int] = {}
    for volunteer in Volunteer.objects.confirmed().select_related("municipality").prefetch_related("languages"):
        for language in ["", *(spoken.code for spoken in volunteer.languages.all())]:
            place = volunteer.municipality.name if volunteer.municipality else ""
            # Each volunteer once without a language: that is the number of persons.
            key = volunteer.stage, language, "" if language else place
            counts[key] = counts.get(key, 0) + 1
    MonthlyStat.objects.bulk_create(
        MonthlyStat(
            month=last, subject=MonthlyStat.Subject.VOLUNTEER, outcome=stage, language=language, municipality=place,
            count=count,
        )
        for (stage, language, place), count in counts.items()
    )  # fmt: skip
