"""Who may ask for company and where to; and how a request comes in."""

from django.db import IntegrityError, transaction
from django.db.models import Exists, QuerySet
from django.utils import timezone

from integration.wegweiser.models import Location, Service, ServiceAtLocation

from .. import confirmation, mails, notices
from ..models import AssistanceRequest, KindOfHelp, LotsenPage, LotsenSettings

Asking = LotsenSettings.Asking


def is_possible() -> bool:
    """The office has volunteers to speak of, and takes requests. One query: other pages ask too."""
    nobody = LotsenSettings.objects.filter(asking=Asking.NOBODY)
    offered = KindOfHelp.objects.filter(offered=True)
    return LotsenPage.objects.published().filter(~Exists(nobody), Exists(offered)).exists()


def places() -> QuerySet[ServiceAtLocation]:
    """Houses of the directory somebody can be accompanied to."""
    return (
        ServiceAtLocation.objects.filter(service__in=Service.objects.listed(), location__kind=Location.Kind.PHYSICAL)
        .select_related("service__organization", "location__municipality")
        .order_by("location__city", "service__title_de", "pk")
    )


def receive(asked: AssistanceRequest, notice: str) -> None:
    """A request from the form and the mail that is to confirm it: both or none of them, and both once.

    To one address go so many mails and no more; what nobody could confirm is not kept.
    """
    try:
        with transaction.atomic():
            if AssistanceRequest.objects.filter(pk=asked.pk).exists() or too_many(asked.email):
                return
            asked.notice = notices.keep(notices.Purpose.REQUEST, notice)
            link = confirmation.new_link(asked)
            asked.save(force_insert=True)
            mails.send("confirm_request", asked, link=link, hours=str(confirmation.HOURS))
    except IntegrityError:
        if not AssistanceRequest.objects.filter(pk=asked.pk).exists():
            raise
        # The same form has been sent twice at the same moment; the other one made it.


def too_many(email: str) -> bool:
    waiting = AssistanceRequest.objects.exclude(notice=None).filter(
        email=email.lower(), confirmed_at=None, token_expires__gt=timezone.now()
    )
    return waiting.count() >= confirmation.MAILS_PER_ADDRESS
