"""What the portal itself needs: mail that does not go out, barriers people have met, duties of the law."""

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from .. import outbox
from ..admin import mails_for, stuck_mails
from ..models import AccessibilityStatement, BarrierReport
from .to_do import ToDo, When


def lines(user):
    yield from stuck(user)
    if user.has_perm("portal.change_barrierreport"):
        opened = Q(closed_on=None)
        late = opened & Q(due_on__lt=timezone.localdate())
        found = BarrierReport.objects.aggregate(
            late=Count("pk", filter=late), opened=Count("pk", filter=opened & ~late)
        )
        url = f"{reverse('admin:portal_barrierreport_changelist')}?bearbeitung="
        yield ToDo(When.NOW, "Gemeldete Barrieren", found["late"], "über der Frist", f"{url}ueberfaellig")
        yield ToDo(When.SOON, "Gemeldete Barrieren", found["opened"], "zu beantworten", f"{url}offen")
    if user.has_perm("portal.change_accessibilitystatement"):
        statement = AccessibilityStatement.objects.first()
        url = reverse("admin:portal_accessibilitystatement_changelist")
        area = "Erklärung zur Barrierefreiheit"
        if statement is None or statement.status != statement.Status.PUBLISHED:
            yield ToDo(When.NOW, area, 1, "Pflichtangabe noch nicht öffentlich", url)
        elif statement.is_outdated():
            yield ToDo(When.SOON, area, 1, "Überprüfung nach einem Jahr fällig", url)


def stuck(user):
    """A mail server that is down must not stay unnoticed. Private mails are counted for who can repair it, not shown."""
    sees_all = user.has_perm("post_office.view_email")
    if not sees_all and not user.has_perm("portal.view_private_mail"):
        return
    kinds = stuck_mails()
    hidden = [outbox.PRIVATE, outbox.PERSONAL]
    private = Q(pk__in=Email.objects.filter(headers__Sensitivity__in=hidden).values("pk"))
    seen = Q(pk__in=mails_for(user, Email.objects.all()).order_by().values("pk"))
    counts = Email.objects.aggregate(
        **{value: Count("pk", filter=condition & seen) for value, (_label, condition) in kinds.items()},
        **{
            f"{value}_more": Count("pk", filter=condition & private & ~seen)
            for value, (_label, condition) in kinds.items()
        },
    )
    url = reverse("admin:post_office_email_changelist")
    for value, (label, _condition) in kinds.items():
        more = counts[f"{value}_more"] if sees_all else 0
        yield ToDo(
            When.NOW,
            "E-Mails",
            counts[value],
            label,
            f"{url}?zustellung={value}",
            f"und {more} vertrauliche" if more else "",
        )
