from datetime import datetime
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.backup import archive, restoring
from portal.backup.sealing import BackupError
from portal.backup.secret_key import add_key_argument, secret_for

FOR_THE_OFFICE = """
Jetzt, bevor wieder alle arbeiten:
1. Ehrenamtskoordination: alle noch einmal löschen, die seit dem {made} auf Wunsch gelöscht wurden (Liste mit Nummer und Tag).
{erased}2. Administration: Konten durchgehen. Wer seitdem gesperrt wurde, darf wieder herein; Passwörter, zweite Faktoren und
   Ersatzcodes gelten wie damals. Alle müssen sich neu anmelden.
3. Was seitdem veröffentlicht oder zurückgenommen wurde, ist wieder wie am {made}: Redaktion nachsehen lassen.
Dann: docker compose up -d
"""


class Command(BaseCommand):
    help = "Spielt eine Sicherung zurück: Datenbank und Hochgeladenes, ganz oder gar nicht. Portal und Arbeiter vorher anhalten."

    def add_arguments(self, parser):
        parser.add_argument("datei", type=Path)
        add_key_argument(parser)
        parser.add_argument("--replace", action="store_true", help="Auch wenn schon etwas da ist: Es geht verloren.")

    def handle(self, *args, datei, key, replace, **options):
        try:
            secret = secret_for(datei, key)
            if replace and (there := restoring.content()):
                self.stdout.write(f"Wird ersetzt: {there}.")
            erased = restoring.erased()
            manifest, unsent = restoring.restore(datei, secret, replace)
        except BackupError as error:
            raise CommandError(f"Nichts zurückgespielt. {error}") from error
        self.stdout.write(f"Zurückgespielt: {archive.in_words(manifest)}.")
        for name in manifest["missing"]:
            self.stdout.write(f"War beim Sichern schon nicht da: {name}")
        if unsent:
            self.stdout.write(
                f"{unsent} E-Mails, die damals warteten, gehen nicht noch einmal hinaus. Sie stehen als gescheitert in der "
                "Verwaltung; einzelne lassen sich dort noch einmal senden."
            )
        failed = [command for command in ("rebuild_search", "purge_personal_data") if not self.attempt(command)]
        self.stdout.write(FOR_THE_OFFICE.format(made=archive.made(manifest["start"]), erased=since(manifest, erased)))
        if failed:
            raise CommandError(f"Zurückgespielt, aber noch zu tun: manage.py {', manage.py '.join(failed)}")

    def attempt(self, command):
        try:
            call_command(command, stdout=self.stdout)
        except Exception as error:
            self.stderr.write(f"{command}: {error}")
            return False
        return True


def since(manifest, erased):
    made = datetime.fromisoformat(manifest["start"]["made"])
    numbers = [f"{number} ({timezone.localtime(at):%d.%m.%Y})" for at, number in erased if at > made]
    return f"   Im Protokoll, das gerade ersetzt wurde, stehen: {', '.join(numbers)}\n" if numbers else ""
