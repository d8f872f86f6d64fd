from datetime import timedelta

from django.db import migrations
from django.utils import timezone


def fill(apps, schema_editor):
    """Of open requests: what had been checked before they were sent. Hints go 90 days after they came."""
    checks = apps.get_model("wegweiser", "ServiceCheck").objects.filter(outcome="", request__outcome="")
    for check in checks.exclude(service__verified_on=None).select_related("request", "service"):
        if check.service.verified_on < check.request.sent_on:
            check.last_verified = check.service.verified_on
            check.save(update_fields=["last_verified"])
    for suggestion in apps.get_model("wegweiser", "Suggestion").objects.exclude(handled_on=None):
        suggestion.delete_after = timezone.localdate(suggestion.created) + timedelta(days=90)
        suggestion.save(update_fields=["delete_after"])


class Migration(migrations.Migration):
    dependencies = [("wegweiser", "0003_unanswered_withdrawn_last_verified")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
