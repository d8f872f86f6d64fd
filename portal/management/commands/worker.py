import logging
import time
from datetime import date

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections

logger = logging.getLogger("portal")


def daily_jobs():
    """Each feature names its own in its AppConfig."""
    yield "purge_personal_data", {}
    yield "cleanup_mail", {"days": 30}
    for config in apps.get_app_configs():
        for command in getattr(config, "daily", ()):
            yield command, {}


class Command(BaseCommand):
    help = "Verschickt jede Minute, was an Mail wartet, und tut jeden Tag, was zu tun ist, zuerst löschen."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="Ein Durchgang, zum Beispiel für cron.")

    def handle(self, *args, once, **options):
        done = None
        while True:
            self.attempt("send_queued_mail", processes=1)
            if done != date.today():
                worked = [self.attempt(command, **options) for command, options in daily_jobs()]
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
