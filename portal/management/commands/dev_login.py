import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken


class Command(BaseCommand):
    help = "Nennt die Adresse, ein Passwort und einen Code, die bis zum nächsten Start gelten. Nur zur Entwicklung."

    def add_arguments(self, parser):
        parser.add_argument("--port", default="8000")

    def handle(self, *args, port, **options):
        if not settings.DEBUG:
            raise CommandError("Nur mit DEBUG=1. In Betrieb legt „manage.py createsuperuser“ den ersten Zugang an.")
        password = secrets.token_urlsafe(9)
        user, _ = User.objects.get_or_create(username="admin", defaults={"is_staff": True, "is_superuser": True})
        user.set_password(password)
        user.save()
        code = StaticToken.random_token()
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="Entwicklung")
        # Each is good for one login, as in operation; so many of the same are as good as one that stays.
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for _ in range(100))
        self.stdout.write(
            f"\n  Portal:      http://127.0.0.1:{port}/\n"
            f"  Verwaltung:  http://127.0.0.1:{port}/admin/\n"
            f"  Anmeldung:   admin / {password}   (gilt bis zum nächsten Start)\n"
            f"  Zweiter Schritt: Code {code[:4]}-{code[4:]}   (ebenso; statt der App)\n"
        )
