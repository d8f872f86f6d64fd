from django import template
from django.db.models import Count, Q
from django.urls import reverse
from post_office.models import Email

from .. import outbox
from ..admin import mails_for, stuck_mails

register = template.Library()


@register.inclusion_tag("admin/_mails_stuck.html", takes_context=True)
def mails_stuck(context):
    """A mail server that is down must not stay unnoticed. Private mails are counted for who can repair it, not shown."""
    user = context["request"].user
    sees_all = user.has_perm("post_office.view_email")
    if not sees_all and not user.has_perm("portal.view_private_mail"):
        return {}
    kinds = stuck_mails()
    private = Q(pk__in=Email.objects.filter(headers__Sensitivity=outbox.PRIVATE).values("pk"))
    seen = Q(pk__in=mails_for(user, Email.objects.all()).order_by().values("pk"))
    counts = Email.objects.aggregate(
        **{value: Count("pk", filter=condition & seen) for value, (label, condition) in kinds.items()},
        **{
            f"{value}_more": Count("pk", filter=condition & private & ~seen)
            for value, (_label, condition) in kinds.items()
        },
    )
    url = reverse("admin:post_office_email_changelist")
    found = [
        (counts[value], counts[f"{value}_more"] if sees_all else 0, label, f"{url}?zustellung={value}")
        for value, (label, condition) in kinds.items()
    ]
    return {"found": [row for row in found if row[0] or row[1]]}
