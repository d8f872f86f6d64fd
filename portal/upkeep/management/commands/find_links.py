from django.core.management.base import BaseCommand

from portal.upkeep.links import uses


class Command(BaseCommand):
    help = "Schreibt auf, welche Links in den Inhalten stehen, auch in denen, die nicht einzeln gespeichert wurden."

    def handle(self, *args, **options):
        uses.write_down_all()
