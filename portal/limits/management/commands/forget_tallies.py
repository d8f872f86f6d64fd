import time

from django.core.management.base import BaseCommand

from portal.limits.models import Tally


class Command(BaseCommand):
    help = "Löscht Zähler, die nicht mehr gelten (wie oft ein Formular abgesandt wurde)."

    def handle(self, *args, **options):
        count, _ = Tally.objects.filter(until__lte=int(time.time())).delete()
        self.stdout.write(f"Zähler: {count} gelöscht")
