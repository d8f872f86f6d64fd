from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal.models import SiteProfile


class Command(BaseCommand):
    help = "Lädt das Beispiel „musterland“, wenn das Portal noch leer ist."

    def handle(self, *args, **options):
        if not SiteProfile.objects.exists():
            call_command("load_example", "musterland", stdout=self.stdout)
