from django.conf import settings
from django.core.management.base import BaseCommand

from portal.upkeep.links import checking


class Command(BaseCommand):
    help = "Fragt einige der Adressen außerhalb des Portals, die an der Reihe sind, ob sie noch antworten."

    def handle(self, *args, **options):
        if settings.LINK_CHECK:
            checking.check_due()
