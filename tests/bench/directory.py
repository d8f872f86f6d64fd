"""A directory of any size, the same one in each run: `python -m tests.bench.directory 10000`.

It stands beside what the database has already, and grows from size to size.
"""

import os
import random
import sys

import django

CHUNK = 2000

WORDS = [
    "Beratung",
    "Kurs",
    "Hilfe",
    "Termin",
    "Familie",
    "Arbeit",
    "Wohnung",
    "Geld",
    "Schule",
    "Kita",
    "Gesundheit",
    "Recht",
    "Verein",
    "Treff",
    "Amt",
]


def fill(size: int) -> None:
    from django.db import transaction

    from integration.topics.models import Term
    from integration.wegweiser.models import (
        Location,
        Municipality,
        OpeningHours,
        Organization,
        Service,
        ServiceAtLocation,
        SpokenLanguage,
    )
    from integration.wegweiser.upkeep import new_version
    from portal.languages import BY_CODE
    from portal.search.index import Text, entry, write

    chance = random.Random(1)
    if not Term.objects.filter(slug="thema-0").exists():
        Term.objects.bulk_create(
            Term(vocabulary="topic", title_de=f"Thema {number}", slug=f"thema-{number}") for number in range(18)
        )
        Municipality.objects.bulk_create(
            Municipality(name=f"Ort {number}", slug=f"ort-{number}") for number in range(12)
        )
    topics = list(Term.objects.filter(slug__startswith="thema-"))
    towns = list(Municipality.objects.filter(slug__startswith="ort-"))
    have = Service.objects.filter(slug__startswith="angebot-").count()
    with transaction.atomic():
        for start in range(have, size, CHUNK):
            numbers = range(start, min(start + CHUNK, size))
            organizations = Organization.objects.bulk_create(
                Organization(title_de=f"Träger {number}", description_de="Wer das ist.", slug=f"traeger-{number}")
                for number in numbers[::10]
            )
            locations = Location.objects.bulk_create(
                Location(
                    street=f"Weg {number}", postal_code="12345", city="Ort", municipality=chance.choice(towns),
                    slug=f"haus-{number}", wheelchair=chance.choice(["yes", "no", ""]),
                )
                for number in numbers[::2]
            )  # fmt: skip
            titles = [f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}" for number in numbers]
            leads = [f"{' '.join(chance.choices(WORDS, k=6))} wort{chance.randrange(5000)}" for _number in numbers]
            services = Service.objects.bulk_create(
                Service(
                    title_de=title, lead_de=lead, slug=f"angebot-{number}", status="published",
                    organization=chance.choice(organizations),
                )
                for number, title, lead in zip(numbers, titles, leads, strict=True)
            )  # fmt: skip
            ServiceAtLocation.objects.bulk_create(
                ServiceAtLocation(service=service, location=chance.choice(locations)) for service in services
            )
            Service.topics.through.objects.bulk_create(
                Service.topics.through(service=service, term=term)
                for service in services
                for term in chance.sample(topics, 2)
            )
            OpeningHours.objects.bulk_create(
                OpeningHours(
                    service=service, days="MO,TU,WE,TH,FR,SA,SU", opens_at=f"0{chance.randrange(6, 10)}:00",
                    closes_at=f"{chance.randrange(12, 22)}:30",
                )
                for service in services
            )  # fmt: skip
            SpokenLanguage.objects.bulk_create(
                SpokenLanguage(service=service, code=chance.choice(["ar", "uk", "tr", "fa", "en"]))
                for service in services
            )
            # Some houses have their own, for whoever in them says nothing.
            OpeningHours.objects.bulk_create(
                OpeningHours(location=house, days="MO,TU", opens_at="09:00", closes_at="12:00")
                for house in locations[::5]
            )
            SpokenLanguage.objects.bulk_create(SpokenLanguage(location=house, code="ar") for house in locations[::5])
            empty = dict.fromkeys(BY_CODE, "")
            entries = [
                entry(
                    "de", {**empty, "de": title}, {**{code: [] for code in empty}, "de": [Text(lead, True)]},
                    kind="wegweiser.service", object_id=service.pk, address=f"/wegweiser/{service.slug}/",
                    status="published",
                )
                for service, title, lead in zip(services, titles, leads, strict=True)
            ]  # fmt: skip
            write(entries)
        new_version()
    analyze()


def analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    fill(int(sys.argv[1]))
