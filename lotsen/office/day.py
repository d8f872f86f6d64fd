"""What is to be done every day."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from .. import mails, retention
from ..models import AssistanceRequest, LotsenSettings, Person, Volunteer
from .todo import goes_soon


def work() -> None:
    warn()


def warn() -> None:
    """Tells the coordination once what is going to be erased: numbers and days, and no names."""
    rules, today = LotsenSettings.current(), timezone.localdate()
    with transaction.atomic():
        soon = []
        for model in (AssistanceRequest, Volunteer):
            going = model.objects.confirmed().filter(goes_soon(rules, today)).exclude(warned_of=F("delete_after"))
            soon += going.locked()
        for row in soon:
            retention.warned(row, rules, today)
        if soon:
            soon.sort(key=lambda row: row.delete_after)
            mails.tell_coordinator(subject(len(soon)), message(soon))


def subject(count: int) -> str:
    return f"Integrationslotsen: {count} {'Eintrag wird' if count == 1 else 'Einträge werden'} bald gelöscht"


def message(soon: list[Person]) -> str:
    return "\n".join(
        [
            "Diese Einträge löscht das Portal, weil ihre Frist abläuft:",
            "",
            *(line for row in soon for line in (when(row), address(row), "")),
            "Soll einer bleiben, tragen Sie dort unter „nicht löschen vor dem“ einen Tag ein und notieren Sie den Grund. "
            "Gab es mit einer Lotsin oder einem Lotsen inzwischen Kontakt, genügt der Knopf „Kontakt gehabt“.",
        ]
    )


def when(row: Person) -> str:
    return f"{row.reference}: am {row.delete_after + timedelta(days=1):%d.%m.%Y}"


def address(row: Person) -> str:
    return settings.PORTAL_URL + reverse(f"admin:lotsen_{row._meta.model_name}_change", args=[row.pk])
