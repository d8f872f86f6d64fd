import time

from django.core.management.base import BaseCommand
from post_office import mail

from portal.timer import ticking

MOST_SECONDS = 300


class Command(BaseCommand):
    """The library's own command locks by a file that names a process, and a container that was killed starts again with
    the same number: it would wait for itself for ever. Here the timer's lock sees to it that nobody sends beside us."""

    help = "Verschickt die E-Mails, die warten."

    def handle(self, *args, **options):
        until = time.monotonic() + MOST_SECONDS  # the other jobs want their turn, and the next minute comes
        while mail.get_queued().exists() and time.monotonic() < until and not ticking.stop.is_set():
            sent, _failed, _again = mail.send_queued()
            if not sent:  # the server is down
                break
