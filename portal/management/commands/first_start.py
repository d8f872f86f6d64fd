from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal.examples import loader
from portal.models import HomeBlock


class Command(BaseCommand):
    help = "Lädt das Beispiel „musterland“, wenn das Portal noch leer ist."

    def handle(self, *args, **options):
        # How the home page is arranged is there from the first migration on.
        if not any(model.objects.exists() for model in loader.content_models() if model is not HomeBlock):
            call_command("load_example", "musterland", stdout=self.stdout)
