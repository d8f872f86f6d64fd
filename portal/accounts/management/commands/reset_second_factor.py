from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management.base import BaseCommand, CommandError

from portal.accounts import second_factor


class Command(BaseCommand):
    help = "Setzt den zweiten Faktor eines Kontos zurück. Bei der nächsten Anmeldung wird er neu eingerichtet."

    def add_arguments(self, parser):
        parser.add_argument("username", help="Benutzername")

    def handle(self, *args, username, **options):
        user = User.objects.filter(username=username).first()
        if not user:
            raise CommandError(f"Ein Konto „{username}“ gibt es nicht.")
        second_factor.reset(user, by="Der technische Betrieb")
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(User),
            object_id=user.pk,
            object_repr=str(user),
            action_flag=CHANGE,
            change_message="Zweiter Faktor zurückgesetzt (manage.py)",
        )
        self.stdout.write(f"Der zweite Faktor von {username} ist zurückgesetzt.")
