import logging

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from portal.timer import ticking

logger = logging.getLogger("portal.timer")


class Command(BaseCommand):
    help = "Der Zeitgeber als Dienst: jede Minute ein Durchgang („manage.py tick“), bis er beendet wird."

    def handle(self, *args, **options):
        with ticking.ending_gently():
            while not ticking.stop.is_set():
                try:
                    ticking.tick()
                except Exception:  # the database is away, or not set up yet: in a minute it may be there
                    logger.exception("The timer could not tick")
                close_old_connections()
                ticking.stop.wait(60)
