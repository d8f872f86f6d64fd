from django.core.management.base import BaseCommand
from django.utils import timezone

from integration.wegweiser import upkeep
from integration.wegweiser.models import Service, VerificationRequest, months_later


class Command(BaseCommand):
    help = "Löscht zwölf Monate nach der Antwort einer Organisation bei ihren Einträgen, von welcher Adresse sie kam."

    def handle(self, *args, **options):
        before = months_later(timezone.localdate(), -VerificationRequest.KEEP_MONTHS)
        by_mail = Service.objects.filter(verified_how=Service.Verification.ORGANIZATION).exclude(verified_by="")
        if by_mail.filter(verified_on__lt=before).update(verified_by="", modified=timezone.now()):
            upkeep.new_version()
