from django.core.management.base import BaseCommand

from portal.backup import sealing


class Command(BaseCommand):
    help = "Erzeugt das Schlüsselpaar für Sicherungen und schreibt es auf den Bildschirm, sonst nirgendwohin."

    def handle(self, *args, **options):
        public, secret = sealing.new_key()
        self.stdout.write(
            "Öffentlicher Schlüssel. Er kommt in die Datei .env und verschlüsselt nur:\n\n"
            f"BACKUP_RECIPIENT={public}\n\n"
            "Geheimer Schlüssel. Nur mit ihm lässt sich eine Sicherung lesen; ist er weg, sind es alle Sicherungen auch:\n\n"
            f"{secret}\n\n"
            "Jetzt zweimal aufheben, getrennt von Server und Sicherungen: im Passwort-Tresor des Amtes und ausgedruckt im "
            "verschlossenen Schrank. Nicht auf diesem Server speichern, nicht per E-Mail verschicken."
        )
