"""What is to be done every day."""

from datetime import timedelta

from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from .. import mails
from ..models import AssistanceRequest, LotsenSettings, Person, Volunteer
from .todo import goes_soon


def work() -> None:
    warn()


def warn() -> None:
    """Tells the coordination once what is going to be erased: numbers and days, and no names."""
    rules, today = LotsenSettings.current(), timezone.localdate()
    with transaction.atomic():
        soon = []
        for model in (Volunteer, AssistanceRequest):
            going = model.objects.confirmed().filter(goes_soon(rules, today)).exclude(warned_of=F("delete_after"))
            new = list(going.order_by("delete_after", "pk").select_for_update())
            model.objects.filter(pk__in=[row.pk for row in new]).update(warned_of=F("delete_after"))
            soon += new
        if soon:
            mails.tell_coordinator(subject(len(soon)), message(soon))


def subject(count: int) -> str:
    return f"Integrationslotsen: {count} {'Eintrag wird' if count == 1 else 'Einträge werden'} bald gelöscht"


def message(soon: list[Person]) -> str:
    lines = [f"{row.reference}: am {row.delete_after + timedelta(days=1):%d.%m.%Y}" for row in soon]
    models = [model for model in (Volunteer, AssistanceRequest) if any(isinstance(row, model) for row in soon)]
    return "\n".join(
        [
            "Diese Einträge löscht das Portal, weil ihre Frist abläuft:",
            "",
            *lines,
            "",
            "Soll einer bleiben, tragen Sie dort unter „nicht löschen vor dem“ einen Tag ein und notieren Sie den Grund. "
            "Gab es mit einer Lotsin oder einem Lotsen inzwischen Kontakt, genügt der Knopf „Kontakt gehabt“.",
            "",
            *(list_of(model) for model in models if admin.site.is_registered(model)),
        ]
    )


def list_of(model: type[Person]) -> str:
    address = settings.PORTAL_URL + reverse(f"admin:lotsen_{model._meta.model_name}_changelist")
    return f"{address}?aufgabe=loeschung" if model is Volunteer else address
