import logging
from datetime import timedelta

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from portal.models import PersonalData
from portal.versions import audit

logger = logging.getLogger("portal")

# What staff did: long enough to answer questions, no longer.
KEEP_HISTORY = timedelta(days=365)


class Command(BaseCommand):
    help = "Löscht personenbezogene Daten, deren Frist abgelaufen ist. Ins Protokoll kommen nur Anzahlen."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Nur zählen.")

    def handle(self, *args, dry_run, **options):
        failures = []
        for model in apps.get_models():
            if issubclass(model, PersonalData):
                due = model.due()
                count = due.count() if dry_run else self.erase(due, failures)
                if count and not dry_run:
                    audit.note(
                        audit.Action.ERASE, kind=str(model._meta.verbose_name_plural), Anzahl=count, warum="Frist"
                    )
                self.tell(model, count, dry_run)
        history = LogEntry.objects.filter(action_time__lt=timezone.now() - KEEP_HISTORY)
        self.tell(LogEntry, history.count() if dry_run else history.delete()[0], dry_run)
        if failures:
            raise CommandError(f"Nicht gelöscht: {len(failures)} ({', '.join(sorted(set(failures)))})")

    def erase(self, due, failures):
        """Row by row: one that cannot go must not hold up the others, and one that has gone with another is not missed."""
        count = 0
        for pk in list(due.values_list("pk", flat=True)):
            try:
                with transaction.atomic():
                    due.model.lock(pk)
                    # Looked at again: somebody may just have asked for it to be kept.
                    if row := due.filter(pk=pk).first():
                        row.erase()
                        count += 1
            except Exception as error:  # whatever it is, what it says may be about a person
                failures.append(f"{due.model._meta.label}: {type(error).__name__}")
                logger.error("could not purge a row of %s: %s", due.model._meta.label, type(error).__name__)
        return count

    def tell(self, model, count, dry_run):
        if not dry_run:
            logger.info("purged %s: %d", model._meta.label, count)
        self.stdout.write(f"{model._meta.verbose_name_plural}: {count}{' (Probelauf)' if dry_run else ' gelöscht'}")
