from django.core.management.base import BaseCommand

from integration.wegweiser.tables import exchange


class Command(BaseCommand):
    help = (
        "Löscht Tabellen, die seit einer Stunde niemand importiert hat, und bringt der Suche bei, was ihr noch fehlt."
    )

    def handle(self, *args, **options):
        exchange.FILES.clear()
        exchange.catch_up()
