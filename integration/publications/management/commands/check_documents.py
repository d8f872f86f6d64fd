from django.core.management.base import BaseCommand
from django.utils import timezone

from integration.publications.models import PublicationFile
from portal import pdfs


class Command(BaseCommand):
    help = "Prüft die hochgeladenen Dokumente auf Barrierefreiheit; ohne --all nur die, die noch nie geprüft wurden."

    def add_arguments(self, parser):
        parser.add_argument("--all", action="store_true", help="Auch die schon geprüften noch einmal.")

    def handle(self, *args, all, **options):
        rows = PublicationFile.objects.select_related("publication")
        for file in rows if all else rows.filter(checked_on=None):
            try:
                file.uploaded_on = file.uploaded_on or self.stored_on(file)
                file.inspect()
            except (OSError, ValueError):
                self.stderr.write(f"{file}: Die Datei fehlt.")
                continue
            file.save(update_fields=["failed_checks", "checked_on", "uploaded_on"])
            found = "; ".join(check.failed for check in pdfs.barriers(file.failed_checks))
            self.stdout.write(f"{file}: {found or 'kein Mangel gefunden'}")

    def stored_on(self, file):
        return timezone.localdate(file.file.storage.get_modified_time(file.file.name))
