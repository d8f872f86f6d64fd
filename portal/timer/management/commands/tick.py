from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal.timer import ticking


class Command(BaseCommand):
    help = "Ein Durchgang des Zeitgebers: verschickt Mail und tut, was an der Reihe ist. Für cron oder systemd, jede Minute."

    def handle(self, *args, **options):
        try:
            with ticking.ending_gently():
                done = ticking.tick()
        except DatabaseError as error:
            raise CommandError("Die Datenbank antwortet nicht, oder „manage.py migrate“ steht noch aus.") from error
        if not done:
            self.stdout.write("läuft schon")
