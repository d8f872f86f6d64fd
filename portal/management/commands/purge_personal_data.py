import logging

from django.apps import apps
from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.models import PersonalData

logger = logging.getLogger("portal")


class Command(BaseCommand):
    help = "Löscht personenbezogene Daten, deren Frist abgelaufen ist. Ins Protokoll kommen nur Anzahlen."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Nur zählen.")

    def handle(self, *args, dry_run, **options):
        for model in apps.get_models():
            if issubclass(model, PersonalData):
                rows = model._default_manager.filter(delete_after__lt=timezone.localdate())
                count = rows.count()
                if not dry_run:
                    for row in rows:
                        row.erase()
                    logger.info("purged %s: %d", model._meta.label, count)
                self.stdout.write(
                    f"{model._meta.verbose_name_plural}: {count}{' (Probelauf)' if dry_run else ' gelöscht'}"
                )
