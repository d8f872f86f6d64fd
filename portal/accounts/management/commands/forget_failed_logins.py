from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.accounts.models import Lock


class Command(BaseCommand):
    help = "Löscht fehlgeschlagene Anmeldungen, die für keine Sperre mehr zählen."

    def handle(self, *args, **options):
        count, _ = Lock.objects.filter(attempt_time__lt=timezone.now() - settings.AXES_COOLOFF_TIME).delete()
        self.stdout.write(f"Fehlgeschlagene Anmeldungen: {count} gelöscht")
