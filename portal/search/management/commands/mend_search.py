from django.core.management.base import BaseCommand

from portal.search import index


class Command(BaseCommand):
    help = "Sieht alle Inhalte durch und holt nach, was die Suche von ihnen noch nicht weiß."

    def handle(self, *args, **options):
        self.stdout.write(f"Suche: {index.mend()} Inhalte nachgeholt.")
