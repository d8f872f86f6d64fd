import logging
import time
from datetime import date

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections

logger = logging.getLogger("portal")


def jobs_of_each_minute():
    """Each feature names its own in its AppConfig; those of a day likewise."""
    yield "send_queued_mail", {"processes": 1}
    yield from named("each_minute")


def jobs_of_each_day():
    yield "purge_personal_data", {}
    yield "cleanup_mail", {"days": 30}
    yield "clearsessions", {}
    yield from named("each_day")


def named(kind):
    for config in apps.get_app_configs():
        for command in getattr(config, kind, ()):
            yield command, {}


class Command(BaseCommand):
    help = (
        "Verschickt jede Minute, was an Mail wartet, und tut, was die Teile des Portals jede Minute und jeden Tag tun "
        "möchten, zuerst löschen."
    )

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="Ein Durchgang, zum Beispiel für cron.")

    def handle(self, *args, once, **options):
        done = None
        while True:
            for command, options in jobs_of_each_minute():
                self.attempt(command, **options)
            if done != date.today():
                worked = [self.attempt(command, **options) for command, options in jobs_of_each_day()]
                # Only what has worked is done for today; otherwise the next minute tries again.
                done = date.today() if all(worked) else None
            if once:
                return
            time.sleep(60)

    def attempt(self, command, **options):
        """One job; its failure must not stop the others. True if it worked."""
        try:
            call_command(command, **options)
        except Exception:
            logger.exception("%s failed", command)
            return False
        finally:
            close_old_connections()
        return True
