"""The directory's lines on the staff's start page."""

from django.contrib.auth.models import User
from django.db.models import Count
from django.urls import reverse

from portal.upkeep.to_do import ToDo, When

from ..models import Proposal, Service, Suggestion, VerificationRequest
from .staff import overdue, to_check

AREA = "Wegweiser"


def lines(user: User):
    if user.has_perm("wegweiser.view_suggestion"):
        number = Suggestion.objects.filter(handled_on=None).count()
        words = "Hinweis auf Fehler" if number == 1 else "Hinweise auf Fehler"
        url = f"{reverse('admin:wegweiser_suggestion_changelist')}?bearbeitung=offen"
        yield ToDo(When.NOW, AREA, number, words, url)
    if user.has_perm("wegweiser.view_servicecheck"):
        number = Proposal.objects.filter(state=Proposal.State.OPEN).values("service_check").distinct().count()
        words = "Eintrag mit Vorschlägen des Trägers" if number == 1 else "Einträge mit Vorschlägen der Träger"
        url = f"{reverse('admin:wegweiser_servicecheck_changelist')}?vorschlaege=offen"
        yield ToDo(When.NOW, AREA, number, words, url)
    if user.has_perm("wegweiser.view_verificationrequest"):
        number = VerificationRequest.objects.filter(overdue()).count()
        words = "Prüf-Anfrage ohne Antwort" if number == 1 else "Prüf-Anfragen ohne Antwort"
        url = f"{reverse('admin:wegweiser_verificationrequest_changelist')}?stand=ueberfaellig"
        yield ToDo(When.SOON, AREA, number, words, url)
    if user.has_perm("wegweiser.view_service"):
        url = reverse("admin:wegweiser_service_changelist")
        kinds = to_check()
        counts = Service.objects.aggregate(
            **{value: Count("pk", filter=condition) for value, (_label, condition) in kinds.items()}
        )
        for value, when in (("ueberfaellig", When.SOON), ("nie", When.LATER)):
            yield ToDo(when, AREA, counts[value], kinds[value][0], f"{url}?pruefung={value}")
