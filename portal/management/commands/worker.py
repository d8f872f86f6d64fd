import logging
import time
from datetime import date

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections

logger = logging.getLogger("portal")


class Command(BaseCommand):
    help = (
        "Verschickt jede Minute, was an Mail wartet, löscht jeden Tag, was gelöscht werden muss, und macht den Wegweiser "
        "als PDF, sobald sich darin etwas geändert hat."
    )

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="Ein Durchgang, zum Beispiel für cron.")

    def handle(self, *args, once, **options):
        cleaned = None
        while True:
            self.attempt("send_queued_mail", processes=1)
            # Only what has worked is done for today; otherwise the next minute tries again.
            if cleaned != date.today() and all(
                [self.attempt("purge_personal_data"), self.attempt("cleanup_mail", days=30)]
            ):
                cleaned = date.today()
            self.attempt("make_booklets")
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
