from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Übersetzt die .po-Dateien in die Form, die Django liest. Anders als Djangos Befehl ohne gettext."

    def handle(self, *args, verbosity, **options):
        for folder in settings.LOCALE_PATHS:
            for path in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
                if verbosity > 1:
                    self.stdout.write(str(path))
