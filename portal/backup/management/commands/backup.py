from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.backup import archive, making
from portal.backup.sealing import BackupError


class Command(BaseCommand):
    help = "Sichert Datenbank und Hochgeladenes in einer verschlüsselten Datei, während alle weiterarbeiten."

    def add_arguments(self, parser):
        parser.add_argument("ziel", nargs="?", help="Datei oder Ordner; sonst der Ordner BACKUP_DIR.")
        parser.add_argument("--unencrypted", action="store_true", help="Nicht verschlüsseln: Jeder kann alles lesen.")

    def handle(self, *args, ziel, unencrypted, **options):
        recipients = [] if unencrypted else settings.BACKUP_RECIPIENT
        if not recipients and not unencrypted:
            raise CommandError(
                "BACKUP_RECIPIENT fehlt: der öffentliche Schlüssel, mit dem verschlüsselt wird. "
                "„manage.py backup_key“ erzeugt einen. Ohne Verschlüsselung nur ausdrücklich mit --unencrypted."
            )
        if not (ziel or settings.BACKUP_DIR):
            raise CommandError("Wohin? Bitte eine Datei oder einen Ordner nennen, oder BACKUP_DIR setzen.")
        target = Path(ziel or settings.BACKUP_DIR)
        if target.is_dir() or not ziel:
            target /= making.name_for("%Y-%m-%d-%H%M", bool(recipients))
        if not target.parent.is_dir():
            raise CommandError(f"Den Ordner {target.parent} gibt es nicht.")
        try:
            manifest = making.make(target, recipients)
        except BackupError as error:
            raise CommandError(f"Nicht gesichert. {error}") from error
        size = archive.megabytes(target.stat().st_size)
        self.stdout.write(f"Gesichert: {target} ({size}). {archive.in_words(manifest)}.")
        for name in manifest["missing"]:
            self.stdout.write(f"Nicht dabei, weil nicht (mehr) da: {name}")
        if not ziel:
            for name in making.remove_old(target.parent):
                self.stdout.write(f"Gelöscht, weil zu alt: {name}")
