from django.core.management.base import BaseCommand

from integration.wegweiser.checks import verification

STEPS = {
    "asked": "gefragt",
    "reminded": "erinnert",
    "settled": "erledigt, weil inzwischen geprüft",
    "escalated": "der Redaktion gemeldet",
    "failed": "fehlgeschlagen (siehe Protokoll)",
}


class Command(BaseCommand):
    help = "Fragt Organisationen, ob ihre Einträge im Wegweiser noch stimmen, erinnert sie und meldet, wer nicht antwortet."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Nur zeigen, was zu tun ist.")

    def handle(self, *args, dry_run, **options):
        done = verification.check_directory(dry_run)
        for step, words in STEPS.items():
            organizations = getattr(done, step)
            if organizations or step != "failed":
                self.stdout.write(f"{words}: {len(organizations)}{' (Probelauf)' if dry_run else ''}")
            for organization in organizations if dry_run else ():
                self.stdout.write(f"  {organization}")
