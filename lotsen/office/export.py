"""The list of volunteers for a spreadsheet."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from portal.spreadsheets import write_csv
from portal.versions import audit

from ..models import Disclosure
from . import access

COLUMNS = {
    "Nummer": lambda x: x.reference,
    "Name": lambda x: x.name,
    "E-Mail": lambda x: x.email,
    "Telefon": lambda x: x.phone,
    "schreibt und liest am liebsten": lambda x: x.get_language_display(),
    "Stand": lambda x: x.get_stage_display(),
    "seit": lambda x: access.in_words(x.stage_since),
    "Pause bis": lambda x: access.in_words(x.paused_until),
    "letzter Kontakt": lambda x: access.in_words(x.last_contact_on),
    "wohnt in": lambda x: x.home,
    "hilft in": lambda x: ", ".join(str(area) for area in x.areas.all()) or "überall",
    "hilft bei": lambda x: ", ".join(str(kind) for kind in x.kinds.all()),
    "Sprachen": lambda x: ", ".join(str(spoken) for spoken in x.languages.all()),
    "hat Zeit": lambda x: access.slots_in_words(x.availability),
    "Auto": lambda x: access.in_words(x.has_car),
    "höchstens Stunden in der Woche": lambda x: access.in_words(x.hours_week),
    "betreut von": lambda x: x.coordinator.get_full_name() or x.coordinator.username if x.coordinator else "",
    "wird gelöscht nach dem": lambda x: access.in_words(x.delete_after),
}


def export(queryset, user: User) -> HttpResponse:
    """Each volunteer's row says that it was exported; nobody is in it whose data may only be stored."""
    with transaction.atomic():
        volunteers = list(
            queryset.filter(restricted=False)
            .select_related("municipality", "coordinator")
            .prefetch_related("areas", "kinds", "languages")
        )
        content = write_csv(COLUMNS, ([str(cell(volunteer)) for cell in COLUMNS.values()] for volunteer in volunteers))
        Disclosure.objects.bulk_create(
            Disclosure(volunteer=volunteer, what="Angaben als Tabelle (CSV)", to=f"Koordination ({user.username})")
            for volunteer in volunteers
        )
        audit.note(audit.Action.EXPORT, user, kind="Lotsinnen und Lotsen", Personen=len(volunteers))
        if volunteers:
            LogEntry.objects.log_actions(user.pk, volunteers, CHANGE, "Als Tabelle (CSV) exportiert")
    name = f"lotsen-{timezone.localdate():%Y-%m-%d}.csv"
    return HttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
