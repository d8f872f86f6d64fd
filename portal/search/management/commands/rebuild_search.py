from django.core.management.base import BaseCommand

from portal.search import index
from portal.search.models import SearchEntry, SearchWord


class Command(BaseCommand):
    help = "Baut das Verzeichnis der Suche neu auf. Bis es fertig ist, wird im bisherigen gesucht."

    def handle(self, *args, **options):
        index.rebuild()
        self.stdout.write(
            f"Suche: {SearchEntry.objects.count()} Einträge, {SearchWord.objects.count()} Wörter in allen Sprachen."
        )
