from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from portal.examples import loader
from portal.models import SiteProfile


class Command(BaseCommand):
    help = "Ersetzt den Inhalt des Portals durch ein Beispiel."

    def add_arguments(self, parser):
        parser.add_argument("name", help=f"Eines von: {', '.join(loader.names())}; oder ein Ordner mit eigenen Daten.")
        parser.add_argument(
            "--force",
            action="store_true",
            help="Auch wenn die Datenbank personenbezogene Daten enthält. Freiwillige und ihre Anfragen werden gelöscht.",
        )

    def handle(self, *args, name, force, **options):
        folder = loader.FOLDER / name if name in loader.names() else loader.Path(name)
        if not folder.is_dir():
            raise CommandError(f"„{name}“ gibt es nicht. Zur Auswahl stehen: {', '.join(loader.names())}.")
        if SiteProfile._meta.db_table not in connection.introspection.table_names():
            call_command("migrate", verbosity=0)  # a fresh clone
        if not force and (rows := loader.personal_rows()):
            raise CommandError(
                f"In der Datenbank stehen personenbezogene Daten ({rows} Einträge): Das ist kein Probelauf mehr. "
                "Nichts wurde geändert. Wer den Inhalt trotzdem ersetzen will, fügt --force hinzu."
            )
        try:
            count = loader.load(folder)
        except loader.ExampleError as error:
            raise CommandError(f"Nichts wurde geladen:\n{error}") from None
        except DatabaseError as error:
            raise CommandError(f"Nichts wurde geladen: Die Datenbank meldet „{error}“.") from None
        self.stdout.write(f"{name}: {count} Einträge geladen.")
