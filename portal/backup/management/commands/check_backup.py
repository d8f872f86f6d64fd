from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from portal.backup import archive, restoring
from portal.backup.sealing import BackupError
from portal.backup.secret_key import add_key_argument, secret_for


class Command(BaseCommand):
    help = "Liest eine Sicherung ganz, prüft jede Prüfsumme und ob sie sich hier zurückspielen ließe. Schreibt nichts."

    def add_arguments(self, parser):
        parser.add_argument("datei", type=Path)
        add_key_argument(parser)

    def handle(self, *args, datei, key, **options):
        try:
            manifest = archive.read(datei, secret_for(datei, key), restoring.Checker())
            there = restoring.content()
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"In Ordnung: {archive.in_words(manifest)}.")
        for name in manifest["missing"]:
            self.stdout.write(f"War beim Sichern schon nicht da: {name}")
        self.stdout.write(
            f"Zurückspielen ginge hier nur mit --replace; verloren ginge: {there}."
            if there
            else "Zurückspielen geht hier."
        )
