from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal.backup import making


class Command(BaseCommand):
    help = "Sichert einmal am Tag, wenn BACKUP_DIR und BACKUP_RECIPIENT gesetzt sind; sonst geschieht nichts."

    def handle(self, *args, **options):
        if not (settings.BACKUP_DIR and settings.BACKUP_RECIPIENT):
            return
        target = Path(settings.BACKUP_DIR) / making.name_for("%Y-%m-%d", sealed=True)
        if target.exists():
            return
        call_command("backup", str(target), stdout=self.stdout)
        for name in making.remove_old(target.parent):
            self.stdout.write(f"Gelöscht, weil zu alt: {name}")
