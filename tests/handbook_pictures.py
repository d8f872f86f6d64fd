"""Pictures for the editors' handbook, docs/handbuch/bilder/: the demo county with something to do for everybody.

`make screenshots` makes them after those of the public pages. Nobody signs in: sessions are made in the database.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import django
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Window

from tests import screenshots
from tests.machine import chromium
from tests.mailserver import free_port

TARGET = screenshots.ROOT / "docs" / "handbuch" / "bilder"
WIDTH, TALLEST, MARGIN = 1000, 700, 12
LARGEST = 40 * 1024
REQUEST, VOLUNTEER, REPORT = UUID(int=1), UUID(int=2), UUID(int=3)

# In German alone, and without the list of everything at the side.
AS_ON_THE_FIRST_DAY = "sessionStorage.clear(); localStorage.setItem('django.admin.navSidebarIsOpen', 'false')"


@dataclass(frozen=True)
class Picture:
    """The page from the top of one element to the bottom of another, as somebody sees it."""

    user: str
    path: str
    top: str
    bottom: str = ""  # else the same
    before: Callable[[Window], object] = lambda window: None


def choose_english(window: Window) -> None:
    window.locator(".language-bar [data-language=en]").click()


def check_a_list(window: Window) -> None:
    rows = (
        "Angebot;Organisation;Telefon;Öffnungszeiten;Kosten",
        "Frühstück für Familien;Nachbarschaftshilfe Musterland;030 23125-300;Mi 9–11 Uhr;0",
        "Hilfe mit dem Computer;Nachbarschaftshilfe Musterland;3023125301;Do 14–16 Uhr;0",
        "Nähen und reden;;030 23125-302;ab und zu;5",
    )
    file = {"name": "angebote.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    window.set_input_files("input[type=file]", file)
    with window.expect_navigation():
        window.locator("#content form [type=submit]").first.click()


def tick(window: Window) -> None:
    window.locator("input[name=ticked]").first.check()


def module(title: str) -> str:
    """A part of a form by its heading."""
    return f"fieldset.module:has(h2:text-is('{title}'))"


SCANNED = ".inline-related:has(.findings .failed)"


def pictures() -> dict[str, Picture]:
    """What the handbook shows, by the name of the file."""
    from django.contrib.auth.models import User

    from integration.offices.models import Office
    from integration.publications.models import Publication
    from integration.wegweiser.models import ServiceCheck
    from lotsen.models import Training
    from portal.models import Page

    money = f"/admin/portal/page/{Page.objects.get(slug='geld').pk}/change/"
    office = f"/admin/offices/office/{Office.objects.get(slug='koordinierungsstelle').pk}/change/"
    report = f"/admin/publications/publication/{Publication.objects.get(slug='bericht').pk}/change/"
    answer = f"/admin/wegweiser/servicecheck/{ServiceCheck.objects.exclude(outcome='').get().pk}/change/"
    training = f"/admin/lotsen/training/{Training.objects.get().pk}/liste/"
    colleague = f"/admin/auth/user/{User.objects.get(username='redaktion').pk}/change/"
    asked = f"/admin/lotsen/assistancerequest/{REQUEST}"
    volunteer = f"/admin/lotsen/volunteer/{VOLUNTEER}"
    year = today().year
    return {
        "startseite-heute": Picture("administration", "/admin/", "section.to-do"),
        "seite-sprachen": Picture("redaktion", money, ".language-bar", ".field-lead_en", choose_english),
        "seite-veroeffentlichen": Picture("redaktion", money, module("Veröffentlichen"), ".field-verified_on"),
        "stelle-aufgabe": Picture("redaktion", office, "#tasks-heading", "#tasks-0"),
        "veroeffentlichung-dateien": Picture("redaktion", report, SCANNED),
        "veranstaltung-wann-und-wo": Picture("redaktion", "/admin/events/event/add/", module("Wann und wo")),
        "hinweis-auf-der-seite": Picture("redaktion", "/de/stellen/", "header", "main h1"),
        "startseite-aufbau": Picture("redaktion", "/admin/portal/homeblock/", "#changelist-form"),
        "wegweiser-ort": Picture("redaktion", "/admin/wegweiser/service/add/", "#at_locations-group"),
        "wegweiser-antwort": Picture("redaktion", answer, "#vorschlaege", "table.proposals + p"),
        "wegweiser-einlesen": Picture(
            "redaktion", "/admin/wegweiser/service/import/", "#ergebnis", "#ergebnis table", check_a_list
        ),
        "links-ins-leere": Picture("redaktion", "/admin/pflege/links/", "ul.dead-links"),
        "barriere-bearbeiten": Picture(
            "administration", f"/admin/portal/barrierreport/{REPORT}/change/", module("Bearbeitung")
        ),
        "erklaerung-pruefung": Picture("redaktion", "/admin/portal/accessibilitystatement/", module("Prüfung")),
        "lotsen-stand": Picture("koordination", f"{volunteer}/change/", "#content h1", ".stage"),
        "schulung-wer-war-da": Picture("koordination", training, "#content h1", "#content-main table", tick),
        "begleitung-wer-koennte": Picture("koordination", f"{asked}/begleitung/", "#content h1", "#content-main table"),
        "jahresbericht": Picture(
            "koordination", f"/admin/lotsen/jahresbericht/{year}/", "#content h1", ".report section"
        ),
        "auskunft": Picture("koordination", f"{volunteer}/auskunft/", "h1", "main section"),
        "benutzer-gruppen": Picture("administration", colleague, module("Berechtigungen"), ".field-groups"),
    }


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.webp"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = free_port()
        server = screenshots.start(folder, port)
        try:
            use(folder)
            fill()
            screenshots.wait(port)
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox"], env=os.environ | {"LANGUAGE": "de"}
            )
            take(browser, f"http://127.0.0.1:{port}")
        finally:
            server.terminate()
            server.wait()
    print(f"{len(list(TARGET.glob('*.webp')))} pictures in {TARGET.relative_to(screenshots.ROOT)}/")


def use(folder: str) -> None:
    """The server's database in this program, too."""
    os.environ |= {
        "DEBUG": "1",
        "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
        "MEDIA_ROOT": f"{folder}/media",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",  # Playwright has an event loop
    }
    django.setup()


def take(browser: Browser, base: str) -> None:
    """Each member of staff has a window of his own."""
    windows: dict[str, Window] = {}
    for name, picture in pictures().items():
        if picture.user not in windows:
            size = {"width": WIDTH, "height": TALLEST}
            context = browser.new_context(viewport=size, locale="de-DE", timezone_id="Europe/Berlin")
            context.add_init_script(AS_ON_THE_FIRST_DAY)
            context.add_cookies([{"name": "sessionid", "value": session(picture.user), "url": base}])
            windows[picture.user] = context.new_page()
        window = windows[picture.user]
        window.goto(base + picture.path)
        picture.before(window)
        window.evaluate("document.activeElement.blur()")
        boxes = [window.locator(found).first.bounding_box() for found in (picture.top, picture.bottom or picture.top)]
        first, last = (box or sys.exit(f"{name}: not on the page") for box in boxes)
        scrolled = window.evaluate("scrollY")
        upper = max(0, first["y"] + scrolled - MARGIN)
        lower = last["y"] + last["height"] + scrolled + MARGIN
        clip = {"x": 0, "y": upper, "width": WIDTH, "height": min(lower - upper, TALLEST)}
        save(window.screenshot(full_page=True, clip=clip), name)


def session(username: str) -> str:
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.conftest import log_in

    client = Client()
    log_in(client, User.objects.get(username=username))
    return client.cookies["sessionid"].value


def save(picture: bytes, name: str) -> None:
    """As good as fits."""
    with Image.open(BytesIO(picture)) as image:
        for quality in range(80, 10, -10):
            image.convert("RGB").save(TARGET / f"{name}.webp", quality=quality, method=6)
            if (TARGET / f"{name}.webp").stat().st_size <= LARGEST:
                return


# What is to be done -----------------------------------------------------------------------------------


def fill() -> None:
    from django.contrib.auth.models import Group, User

    from portal.groups import ADMINISTRATORS, COORDINATORS, EDITORS

    for name, group in (("redaktion", EDITORS), ("administration", ADMINISTRATORS), ("koordination", COORDINATORS)):
        user = User.objects.create_user(name, f"{name}@example.org", is_staff=True)
        user.groups.add(Group.objects.get(name=group))
    contents()
    directory()
    volunteers()


def contents() -> None:
    from portal.models import BarrierReport, Notice
    from portal.models import Page as Content
    from portal.upkeep.models import OutsideLink
    from tests.factories import make_file, make_page, make_publication, pdf

    make_page(
        slug="fahrkarten",
        title_de="Fahrkarten und Ermäßigungen",
        status="draft",
        body_de='<p><a href="https://bus.example.org/">Fahrplan des Busverkehrs</a></p>'
        '<p><a href="/sprachtreff/">Sprachtreff im Kreishaus</a></p>',
    )
    OutsideLink.objects.filter(url="https://bus.example.org/").update(
        state=OutsideLink.State.BROKEN,
        reason="Die Seite gibt es nicht (404).",
        failing_since=today() - timedelta(days=5),
    )
    report = make_publication(
        kind="report", slug="bericht", title_de="Integrationsbericht 2026", year=today().year, status="draft"
    )
    make_file(report, "de")
    make_file(report, "en", pdf(without=("tagged", "title")))
    make_file(report, "ar")
    due = Content.objects.get(slug="geld")
    due.review_due = today()
    due.save()
    Notice.objects.create(
        text_de="Das Kreishaus ist am Freitag ab 12 Uhr geschlossen.", status="published", publish_until=later(days=6)
    )
    BarrierReport.objects.create(
        id=REPORT,
        message="Das Schaubild auf der Seite der Koordinierungsstelle kann mein Vorleseprogramm nicht lesen.",
        page="/de/stellen/koordinierungsstelle/",
        email="leserin@example.org",
        language="de",
        created=later(days=-3),
    )


def directory() -> None:
    from integration.wegweiser.checks import verification
    from integration.wegweiser.models import Service, Suggestion, VerificationRequest

    service = Service.objects.published().order_by("pk").first()
    Suggestion.objects.create(
        id=uuid4(),
        service=service,
        message="Die Telefonnummer stimmt nicht mehr.",
        language="de",
        created=later(days=-1),
    )
    services = Service.objects.published().exclude(organization=service.organization).order_by("pk")
    asked, silent = services.first(), services.last()
    for entry, days in ((asked, -2), (silent, -40)):
        row = VerificationRequest.objects.create(
            organization=entry.organization,
            sent_to="angebote@example.org",
            sent_on=today() + timedelta(days=days),
            mailed_on=today() + timedelta(days=days),
            expires_on=today() + timedelta(days=days + 30),
        )
        row.checks.create(service=entry)
        if entry == asked:
            changes = [
                ("fees", None, entry.fees_de or "", "5 Euro im Monat"),
                ("comment", None, "", "Wir ziehen im Mai um."),
            ]
            verification.record(row, [verification.Answer(entry, "changed", changes)])


def volunteers() -> None:
    from integration.wegweiser.models import Municipality
    from lotsen.models import Assignment, Attendance, KindOfHelp, LotsenSettings, Requirement, Training
    from tests.factories import make_event, make_request, make_volunteer

    LotsenSettings.objects.update_or_create(pk=1, defaults={"asking": LotsenSettings.Asking.EVERYBODY})
    town = Municipality.objects.order_by("name").first()
    kind = KindOfHelp.objects.first()
    course = Requirement.objects.filter(kind="training").first()
    people = [
        ("Aylin Beispiel", {"tr": "C2"}, "active"),
        ("Olena Muster", {"uk": "C2", "ru": "C1"}, "training"),
        ("Samir Probe", {"ar": "C2"}, "training"),
        ("Jana Exempel", {"pl": "B2"}, "applied"),
        ("Tarek Vorlage", {"ar": "C1"}, "active"),
    ]
    made = []
    for number, (name, spoken, stage) in enumerate(people):
        volunteer = make_volunteer(
            spoken,
            name=name,
            email=f"person{number}@example.org",
            phone=f"030 23125-{200 + number}",
            stage=stage,
            stage_since=today() - timedelta(days=3 * number + 1),
            municipality=town,
            place="",
            **({"id": VOLUNTEER} if stage == "applied" else {}),
        )
        volunteer.kinds.add(kind)
        if stage == "active":
            for requirement in Requirement.objects.all():
                volunteer.fulfilments.create(requirement=requirement, fulfilled_on=today() - timedelta(days=90))
        made.append(volunteer)
    begins = later(days=6).replace(hour=10, minute=0)
    make_request(
        id=REQUEST, institution="Grundschule am Park", kind=kind, municipality=town, spoken="ar", starts_at=begins
    )
    event = make_event(title_de="Grundkurs für Lotsinnen und Lotsen", status="draft", starts_at=later(days=-1))
    training = Training.objects.create(event=event, requirement=course, units=8)
    for volunteer in made[1:3]:
        Attendance.objects.create(training=training, volunteer=volunteer)
    for number in range(5):
        past = make_request(
            status="done", kind=kind, municipality=town, spoken="ar", starts_at=later(days=-20 - number)
        )
        Assignment.objects.create(
            request=past, volunteer=made[4], status="done", invited_until=later(days=-21), hours=2, kilometres=12
        )


def today() -> date:
    from django.utils import timezone

    return timezone.localdate()


def later(**ago: int) -> datetime:
    from django.utils import timezone

    return timezone.localtime().replace(second=0, microsecond=0) + timedelta(**ago)


if __name__ == "__main__":
    main()
