"""What waits for the coordination: the filters of the list, and the lines on the start page."""

from datetime import date, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from portal.upkeep.to_do import ToDo, When

from ..models import AssistanceRequest, Fulfilment, LotsenSettings, Volunteer

Stage = Volunteer.Stage
OPEN = (Stage.APPLIED, Stage.INTERVIEW, Stage.TRAINING, Stage.ACTIVE, Stage.PAUSED)
EXPIRES_SOON = timedelta(days=60)  # a new certificate of conduct takes weeks


def to_do(rules: LotsenSettings | None = None, today: date | None = None) -> dict[str, tuple[str, Q]]:
    """Name in the address, words that go with any number, and which volunteers are meant."""
    rules, today = rules or LotsenSettings.current(), today or timezone.localdate()
    answered_by = today - timedelta(days=rules.answer_days)
    heard_of = today - timedelta(days=rules.review_days)
    return {
        "neu": ("neu angemeldet", Q(stage=Stage.APPLIED)),
        "wartet": ("zu lange ohne Antwort", Q(stage=Stage.APPLIED, stage_since__lt=answered_by)),
        "pause": ("mit abgelaufener Pause", Q(stage=Stage.PAUSED, paused_until__lt=today)),
        "nachfragen": ("lange ohne Kontakt", Q(stage__in=OPEN, last_contact_on__lte=heard_of)),
        "ablauf": ("mit ablaufenden Voraussetzungen", expiring(today)),
        "loeschung": ("bald zu löschen", goes_soon(rules, today)),
        "eingeschraenkt": ("eingeschränkt, obwohl die Löschfrist vorbei ist", kept_restricted(today)),
    }


def goes_soon(rules: LotsenSettings, today: date) -> Q:
    return Q(delete_after__lt=today + timedelta(days=rules.warning_days), restricted=False)


def kept_restricted(today: date) -> Q:
    """Whose question is still open (Art. 18 GDPR): nothing goes before it is answered."""
    return Q(delete_after__lt=today, restricted=True)


def expiring(today: date) -> Q:
    """Something mandatory ends or has ended, and nothing newer is there."""
    same = Fulfilment.objects.filter(volunteer=OuterRef("volunteer"), requirement=OuterRef("requirement"))
    newer = same.filter(Q(expires_on=None) | Q(expires_on__gt=OuterRef("expires_on")))
    ending = Fulfilment.objects.filter(
        ~Exists(newer), volunteer=OuterRef("pk"), requirement__mandatory=True, expires_on__lte=today + EXPIRES_SOON
    )
    return Q(Exists(ending), stage__in=(Stage.TRAINING, Stage.ACTIVE, Stage.PAUSED))


def requests_without_company() -> Q:
    """Somebody is to be accompanied, and nobody goes yet."""
    Status = AssistanceRequest.Status
    return Q(status__in=(Status.NEW, Status.SEARCHING), starts_at__gte=timezone.now())


def mine(user: User) -> Q:
    return Q(coordinator=user)


TO_DO_WHEN = {"neu": When.SOON, "wartet": When.NOW, "pause": When.SOON, "loeschung": When.SOON}  # the others: later


def lines(user: User):
    """For the start page; nobody but the coordination sees even the numbers."""
    if user.has_perm("lotsen.view_assistancerequest"):
        number = AssistanceRequest.objects.confirmed().filter(requests_without_company()).count()
        words = "Anfrage, bei der noch niemand mitgeht" if number == 1 else "Anfragen, bei denen noch niemand mitgeht"
        yield ToDo(When.NOW, "Begleitung", number, words, reverse("admin:lotsen_assistancerequest_changelist"))
    if user.has_perm("lotsen.view_volunteer"):
        url = reverse("admin:lotsen_volunteer_changelist")
        kinds = to_do()
        counts = Volunteer.objects.confirmed().aggregate(
            **{value: Count("pk", filter=condition) for value, (_label, condition) in kinds.items()}
        )
        for value, (label, _condition) in kinds.items():
            yield ToDo(TO_DO_WHEN.get(value, When.LATER), "Freiwillige", counts[value], label, f"{url}?aufgabe={value}")
