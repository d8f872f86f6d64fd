import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Nennt die Adresse und ein Passwort, das bis zum nächsten Start gilt. Nur zur Entwicklung."

    def add_arguments(self, parser):
        parser.add_argument("--port", default="8000")

    def handle(self, *args, port, **options):
        if not settings.DEBUG:
            raise CommandError("Nur mit DEBUG=1. In Betrieb legt „manage.py createsuperuser“ den ersten Zugang an.")
        password = secrets.token_urlsafe(9)
        user, _ = User.objects.get_or_create(username="admin", defaults={"is_staff": True, "is_superuser": True})
        user.set_password(password)
        user.save()
        self.stdout.write(
            f"\n  Portal:      http://127.0.0.1:{port}/\n"
            f"  Verwaltung:  http://127.0.0.1:{port}/admin/\n"
            f"  Anmeldung:   admin / {password}   (gilt bis zum nächsten Start)\n"
        )
