"""`make bench`: how long the directory takes, as ratios to looking up one row by its primary key in the same run.

Alternating rounds, medians; absolute times stand beside only to be recognised. Nothing here is asserted: machines differ.
"""

import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from statistics import median, quantiles
from time import perf_counter

import django

SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "1000,10000,100000").split(",")]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "15"))
CHUNK = 2000

PAGES = {
    "list": "/de/wegweiser/",
    "page 20": "/de/wegweiser/?page=20",
    "one filter": "/de/wegweiser/?topic=thema-3",
    "five filters": "/de/wegweiser/?topic=thema-3&place=ort-1&language=ar&open=now&wheelchair=yes",
    "search, common word": "/de/wegweiser/?q=beratung",
    "search, rare word": "/de/wegweiser/?q=wort77",
    "search and filter": "/de/wegweiser/?q=beratung&language=ar",
    "entry": "/de/wegweiser/angebot-7/",
}

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


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = f"sqlite:///{tempfile.mkdtemp()}/bench.sqlite3"
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    print(f"== Directory on {connection.vendor}: × one look-up by primary key (median of {ROUNDS} alternating rounds)")
    print(f"{'':22}" + "".join(f"{size:>34,}" for size in SIZES))
    columns = []
    for size in SIZES:
        fill(size)
        columns.append(dict(measure()))
    for name in columns[0]:
        print(f"{name:22}" + "".join(f"{column[name]:>34}" for column in columns))


def measure() -> Iterator[tuple[str, str]]:
    from django.test import Client

    from integration.wegweiser import index
    from integration.wegweiser.models import Service

    client = Client(SERVER_NAME="localhost")
    pks = list(Service.objects.order_by("pk").values_list("pk", flat=True)[:1000])

    def look_up():
        Service.objects.values_list("slug").get(pk=random.choice(pks))

    def get(path: str) -> Callable[[], None]:
        def ask():
            assert client.get(path).status_code == 200, path

        return ask

    yield "read the index anew", ratio(lambda: index.read(None), look_up, rounds=3)
    for name, path in PAGES.items():
        yield name, ratio(get(path), look_up)


def ratio(job: Callable[[], object], base: Callable[[], object], rounds: int = ROUNDS) -> str:
    job()
    times, bases = [], []
    for _round in range(rounds):
        times.append(timed(job))
        bases += [timed(base) for _ in range(5)]
    p95 = quantiles(times, n=20)[-1]
    return f"{median(times) / median(bases):.0f} × ({median(times) * 1000:.1f}, p95 {p95 * 1000:.0f} ms)"


def timed(job: Callable[[], object]) -> float:
    start = perf_counter()
    job()
    return perf_counter() - start


def fill(size: int) -> None:
    """A directory of `size` entries, the same ones in each run."""
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
    from portal.models import SiteProfile
    from portal.search.index import Text, entry, write

    chance = random.Random(1)
    SiteProfile.objects.get_or_create(pk=1, defaults={"title_de": "Portal", "name_de": "Landkreis"})
    if not Term.objects.exists():
        Term.objects.bulk_create(
            Term(vocabulary="topic", title_de=f"Thema {number}", slug=f"thema-{number}") for number in range(18)
        )
        Municipality.objects.bulk_create(
            Municipality(name=f"Ort {number}", slug=f"ort-{number}") for number in range(12)
        )
    topics, towns = list(Term.objects.all()), list(Municipality.objects.all())
    have = Service.objects.count()
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
    sys.exit(main())
