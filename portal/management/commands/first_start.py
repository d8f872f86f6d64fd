from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal.examples import loader


class Command(BaseCommand):
    help = "Lädt das Beispiel „musterland“, wenn das Portal noch leer ist."

    def handle(self, *args, **options):
        if not any(model.objects.exists() for model in loader.content_models()):
            call_command("load_example", "musterland", stdout=self.stdout)
