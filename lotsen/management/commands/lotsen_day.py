from django.core.management.base import BaseCommand

from lotsen import statistics
from lotsen.company import day as company
from lotsen.office import day as office
from lotsen.training import day as training


class Command(BaseCommand):
    help = "Was bei den Integrationslotsen jeden Tag zu tun ist: erinnern, nachfragen, Monatszahlen festhalten."

    def handle(self, **options):
        statistics.keep_month()  # before anything changes on the first of a month, and whatever fails below
        company.work()
        training.work()
        office.work()
