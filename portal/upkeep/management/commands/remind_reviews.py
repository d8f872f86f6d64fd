from django.core.management.base import BaseCommand
from django.utils import translation

from portal import languages
from portal.upkeep import reminders


class Command(BaseCommand):
    help = (
        "Erinnert die Verantwortlichen per E-Mail an Inhalte, die wieder zu prüfen sind; höchstens einmal in der Woche."
    )

    def handle(self, *args, **options):
        with translation.override(languages.SOURCE):
            sent = reminders.remind()
        if sent:
            self.stdout.write(f"{sent} Erinnerungen vorgemerkt.")
