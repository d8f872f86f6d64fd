from datetime import timedelta

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse
from django.utils import timezone, translation

from integration.wegweiser.models import Service
from integration.wegweiser.paper import shelf
from integration.wegweiser.paper.booklet import NotMade
from portal.models import SiteProfile

QUIET = timedelta(minutes=5)


class Command(BaseCommand):
    help = "Macht den ganzen Wegweiser als PDF in jeder Sprache des Portals, wo es ihn so, wie er ist, noch nicht gibt."

    def add_arguments(self, parser):
        parser.add_argument("--now", action="store_true", help="Auch wenn in den letzten Minuten jemand geändert hat.")

    def handle(self, *args, now, **options):
        if not 0 < len(shelf.everything()) <= shelf.MOST:
            return
        # Whoever edits changes one entry after the other. Until then the first reader has it made.
        if not now and Service.objects.filter(modified__gt=timezone.now() - QUIET).exists():
            return
        for language in SiteProfile.current().shown_languages():
            with translation.override(language):
                ids, address = shelf.everything(), f"{settings.PORTAL_URL}{reverse('wegweiser:list')}"
            try:
                shelf.find_or_make(ids, "", address, language, patience=60)
            except (NotMade, shelf.Busy) as error:
                self.stderr.write(f"{language}: {error or 'Andere PDFs waren vorher dran.'}")
