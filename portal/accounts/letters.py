"""What people are told by mail about their own account, and those who manage accounts about others."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from portal import outbox
from portal.groups import ADMINISTRATORS
from portal.versions import audit


def tell(user: User, subject: str, text: str) -> None:
    if not user.email:
        return
    when = timezone.localtime().strftime("%d.%m.%Y um %H:%M Uhr")
    outbox.queue(
        user.email,
        f"Integrationsportal: {subject}",
        f"Guten Tag,\n\n{text}\n\n"
        f"Das war am {when}. Wenn Sie das nicht kennen, sagen Sie bitte sofort der Administration Bescheid und ändern Sie Ihr "
        f"Passwort: {settings.PORTAL_URL}/admin/\n",
    )


def tell_of_second_factor(user: User, event: str, text: str) -> None:
    """What its owner hears by mail stands in the log too."""
    audit.note(audit.Action.SECOND_FACTOR, about=user, was=event)
    tell(user, event, text)


def tell_administrators(subject: str, text: str, but: User) -> None:
    """Everybody else who manages accounts. What is about rights must not be known to one person alone."""
    managers = User.objects.filter(Q(is_superuser=True) | Q(groups__name=ADMINISTRATORS), is_active=True)
    for manager in managers.exclude(pk=but.pk).distinct():
        tell(manager, subject, text)
