"""What somebody lacks before she may go, in words."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from ..models import LotsenSettings, Requirement, Volunteer

Stage = Volunteer.Stage


def mandatory() -> list[Requirement]:
    return list(Requirement.objects.filter(mandatory=True).prefetch_related("kinds"))


def missing(volunteer: Volunteer, requirements: Iterable[Requirement], on: date | None = None) -> list[str]:
    """Of all that she needs for what she wants to help with. Asks nothing of the database where it is prefetched."""
    on = on or timezone.localdate()
    kinds = {kind.pk for kind in volunteer.kinds.all()}
    valid, expired = set(), set()
    for fulfilment in volunteer.fulfilments.all():
        ends = fulfilment.expires_on
        (valid if ends is None or ends >= on else expired).add(fulfilment.requirement_id)
    found = []
    for requirement in requirements:
        only_for = {kind.pk for kind in requirement.kinds.all()}
        if requirement.pk in valid or (only_for and not only_for & kinds):
            continue
        found.append(f"{requirement.title} (abgelaufen)" if requirement.pk in expired else requirement.title)
    return found


def next_step(volunteer: Volunteer, lacks: list[str], rules: LotsenSettings, today: date | None = None) -> str:
    today = today or timezone.localdate()
    if volunteer.restricted:
        return (
            "eingeschränkt, Löschfrist vorbei: klären"
            if volunteer.delete_after < today
            else "Verarbeitung eingeschränkt"
        )
    if volunteer.stage in (Stage.LEFT, Stage.REJECTED):
        return f"wird gelöscht nach dem {volunteer.delete_after:%d.%m.%Y}"
    if volunteer.stage == Stage.PAUSED and volunteer.paused_until and volunteer.paused_until < today:
        return "Pause ist vorbei: nachfragen"
    if (today - volunteer.last_contact_on).days >= rules.review_days:
        return "lange kein Kontakt: nachfragen"
    if volunteer.stage == Stage.APPLIED:
        return "antworten" if volunteer.waiting_days <= rules.answer_days else "überfällig: antworten"
    if volunteer.stage == Stage.INTERVIEW:
        return "kennenlernen"
    if lacks:
        return f"fehlt: {', '.join(lacks)}"
    return "kann aktiv werden" if volunteer.stage == Stage.TRAINING else ""
