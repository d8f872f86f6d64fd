from django.core.management.base import BaseCommand

from portal.translations import states
from portal.translations.admin import FILES


class Command(BaseCommand):
    help = "Prüft, was über den Stand der Übersetzungen gemerkt ist, und holt nach, was fehlt."

    def handle(self, *args, **options):
        states.check()
        FILES.clear()
