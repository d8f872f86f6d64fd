"""Mail to whoever is responsible for contents that are to be checked: once a week at most, all in one mail."""

from collections import defaultdict
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from .. import outbox
from ..groups import EDITORS
from ..models import Content
from .models import ReviewMail

EVERY = timedelta(days=7)
IN_A_MAIL = 30  # the others are on the start page


def reviewed_models() -> list[type[Content]]:
    return [model for model in apps.get_models() if issubclass(model, Content) and model.is_reviewed]


def remind() -> int:
    """Queues the mails that are due today; how many."""
    waiting = due_by_person()
    today = timezone.localdate()
    reminded = dict(ReviewMail.objects.values_list("user_id", "sent_on"))
    users = User.objects.filter(pk__in=waiting, is_active=True).exclude(email="")
    sent = 0
    for user in users:
        if (before := reminded.get(user.pk)) and before > today - EVERY:
            continue
        with transaction.atomic():
            ReviewMail.objects.update_or_create(user=user, defaults={"sent_on": today})
            outbox.queue(user.email, subject(waiting[user.pk]), message(waiting[user.pk]))
        sent += 1
    return sent


def due_by_person() -> dict[int, list[Content]]:
    """By the number of the user: who is responsible; all of the editors where nobody is, or nobody who is still here."""
    here = set(User.objects.filter(is_active=True, is_staff=True).exclude(email="").values_list("pk", flat=True))
    editors = list(User.objects.filter(groups__name=EDITORS, pk__in=here).values_list("pk", flat=True))
    found = defaultdict(list)
    for model in reviewed_models():
        for content in (
            model.objects.published().filter(review_due__lte=timezone.localdate()).order_by("review_due", "pk")
        ):
            for person in [content.responsible_id] if content.responsible_id in here else editors:
                found[person].append(content)
    return found


def subject(contents: list[Content]) -> str:
    return "Bitte prüfen: 1 Inhalt" if len(contents) == 1 else f"Bitte prüfen: {len(contents)} Inhalte"


def message(contents: list[Content]) -> str:
    shown = contents[:IN_A_MAIL]
    lines = [
        "Guten Tag,",
        "",
        "bei diesen Inhalten des Portals ist es Zeit nachzusehen, ob noch alles stimmt:",
        "",
        *(line for content in shown for line in described(content)),
    ]
    if more := len(contents) - len(shown):
        lines += [f"… und {more} weitere; sie stehen auf der Startseite der Verwaltung.", ""]
    lines += [
        "Stimmt alles: in der Liste „Heute geprüft: alles stimmt noch“ wählen. Sonst bitte ändern oder archivieren.",
        "",
        f"Startseite der Verwaltung: {settings.PORTAL_URL}{reverse('admin:index')}",
    ]
    return "\n".join(lines)


def described(content: Content) -> list[str]:
    options: models.options.Options = content._meta
    url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[content.pk])
    due = date_format(content.review_due, "SHORT_DATE_FORMAT")
    return [f"- {content} ({options.verbose_name}), fällig seit {due}", f"  {settings.PORTAL_URL}{url}", ""]
