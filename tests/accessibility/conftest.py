"""One portal with the whole example for all pages: they are only looked at, so nothing has to be put back."""

from collections import defaultdict
from datetime import date, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test.utils import override_settings, setup_databases, teardown_databases
from django.utils import timezone
from post_office.models import Attachment, Email
from pytest_django.live_server_helper import LiveServer

from integration.wegweiser.checks import verification
from integration.wegweiser.models import DirectorySettings, Suggestion, VerificationRequest
from lotsen import confirmation, notices
from lotsen.models import Assignment, Attendance, LotsenSettings, Requirement, Training
from portal.models import BarrierReport, HomeBlock
from portal.timer.models import Job
from tests import factories
from tests.accessibility import checkers

SMALL = "von-allem-eins"
ASKED, ANSWERED = UUID(int=1), UUID(int=2)  # requests to organizations
ALWAYS, PAST = date(2999, 12, 31), date(2020, 1, 1)


@pytest.fixture(autouse=True)
def own_folder():
    """In place of the other tests' fixture, which empties folder and cache for each test."""


def one_of_everything():
    """What the example leaves out; and for the forms each kind of row once, as more would only take longer."""
    for kind in HomeBlock.Kind:
        if not HomeBlock.objects.filter(kind=kind).exists():
            HomeBlock.objects.create(kind=kind, order=90)
    office = factories.make_office(slug=SMALL, status="draft", body_de="<p>Hier.</p>")
    factories.make_task(office)
    factories.make_contact(office, name="Frau Muster")
    factories.make_group(office)
    factories.make_diagram(office)
    office.links.create(title_de="Land", link="https://www.example.org/")
    page = factories.make_page(slug=SMALL, status="draft", body_de="<p>Hier.</p>")
    page.sections.create(title_de="Mehr dazu", body_de="<p>Dort.</p>")
    house = factories.make_location(title_de="Rathaus")
    service = factories.make_service(house, factories.make_location(), slug=SMALL, status="draft")
    for owner in (service, house):
        factories.make_hours(owner)
        factories.make_service_contact(owner)
        factories.make_spoken(owner, "ar")
    Suggestion.objects.create(id=uuid4(), service=service, message="Die Nummer stimmt nicht mehr.", language="de")
    failed = {"failures": 1, "failed": timezone.now(), "error": "OSError in portal/smtp.py, Zeile 18"}
    Job.objects.create(name="clearsessions", started=timezone.now(), **failed)


def ask_organizations():
    """One that has not answered yet, and one with everything staff may have to decide on."""
    DirectorySettings.objects.update_or_create(pk=1, defaults={"send_requests": True})
    today = timezone.localdate()
    for pk in (ASKED, ANSWERED):
        organization = factories.make_organization(verification_email="verein@example.org")
        service = factories.make_service(
            factories.make_location(), organization=organization, slug=f"gefragt-{pk.int}", fees_de="kostenlos"
        )
        factories.make_hours(service)
        factories.make_service_contact(service)
        factories.make_spoken(service, "ar")
        asked = VerificationRequest.objects.create(
            pk=pk,
            organization=organization,
            sent_to="verein@example.org",
            sent_on=today,
            mailed_on=today,
            expires_on=ALWAYS,
        )
        asked.checks.create(service=service)
    changes = [
        ("fees", None, "kostenlos", "5 Euro"),
        ("lead", None, "Früher", "Heute"),
        ("comment", None, "", "Danke!"),
    ]
    verification.record(asked, [verification.Answer(service, "changed", changes)])


# Volunteers, requests and invitations, each in a state that a link in a mail may find.
VOLUNTEER, NEWCOMER, LATE = UUID(int=10), UUID(int=11), UUID(int=12)
OPEN, MATCHED, STARTED = UUID(int=20), UUID(int=21), UUID(int=22)
INVITED, GOES, WENT, TOO_LATE = 1001, 1002, 1003, 1004
MAILBOX = "lotsin@example.org"


def volunteers_at_work():
    """In every state: who signs up, who goes with whom, and who is trained."""
    LotsenSettings.objects.create(
        asking=LotsenSettings.Asking.EVERYBODY,
        consent_news_de="Ich möchte Einladungen zu Treffen bekommen.",
        consent_share_de="Die Volkshochschule darf meinen Namen für die Schulung bekommen.",
    )
    now = timezone.now().replace(microsecond=0)
    notice = notices.keep("sign_up", "<p>Hinweis</p>", "de")
    volunteer = factories.make_volunteer({"ar": "C1", "tr": "B1"}, id=VOLUNTEER, email=MAILBOX, stage="active")
    volunteer.notes.create(text="Kann nur am Vormittag.")
    for purpose, words in (
        ("news", "Ich möchte Einladungen bekommen."),
        ("share", "Die Volkshochschule darf das wissen."),
    ):
        volunteer.consents.create(text=notices.keep(purpose, words, "de"))
    for requirement in Requirement.objects.all():
        volunteer.fulfilments.create(requirement=requirement)
    for pk, token, hours in ((NEWCOMER, "offen", 48), (LATE, "vorbei", -1)):
        factories.make_volunteer(
            id=pk, notice=notice, token_digest=confirmation.digest(token), token_expires=now + timedelta(hours=hours)
        )
    kind = factories.make_kind()
    for pk, status, assignment, answer, starts_at in (
        (OPEN, "searching", INVITED, "invited", now + timedelta(days=3)),
        (MATCHED, "matched", GOES, "accepted", now + timedelta(days=5)),
        (STARTED, "matched", WENT, "accepted", now - timedelta(days=1)),
    ):
        asked = factories.make_request(id=pk, status=status, kind=kind, starts_at=starts_at)
        invited = {"request": asked, "status": answer, "invited_until": now + timedelta(days=2)}
        Assignment.objects.create(pk=assignment, volunteer=volunteer, **invited)
    other = factories.make_volunteer(stage="training")
    Assignment.objects.create(
        pk=TOO_LATE, volunteer=other, request_id=OPEN, status="invited", invited_until=now - timedelta(days=1)
    )
    training = Training.objects.create(
        event=factories.make_event(status="draft"),
        requirement=Requirement.objects.filter(kind="training").first(),
        units=4,
    )
    Attendance.objects.create(training=training, volunteer=other)


@pytest.fixture(scope="session")
def running(django_test_environment, django_db_modify_db_settings, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder, ROOT_URLCONF="tests.accessibility.urls"):
        databases = setup_databases(verbosity=0, interactive=False)
        call_command("load_example", "musterland", verbosity=0)
        one_of_everything()
        ask_organizations()
        volunteers_at_work()
        User.objects.create_superuser("verwaltung", "verwaltung@example.org", "ein-langes-Passwort")
        BarrierReport.objects.create(
            id=uuid4(), message="Das Schaubild kann ich nicht lesen.", page="/de/stellen/", language="de"
        )
        mail = Email.objects.create(from_email="portal@example.org", to=["stelle@example.org"], subject="Barriere")
        mail.attachments.add(Attachment.objects.create(name="meldung.txt", file=ContentFile(b"Text", "meldung.txt")))
        server = LiveServer("localhost")
        yield server
        server.stop()
        teardown_databases(databases, verbosity=0)


@pytest.fixture(scope="session")
def nu():
    with checkers.Nu() as server:
        yield server


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {**browser_context_args, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def window(browser, browser_context_args):
    """One for all pages: a new one each time would cost more than half of the checkers together."""
    page = browser.new_context(**browser_context_args).new_page()
    checkers.bring(page)

    def remember(response):
        if response.request.is_navigation_request() and response.frame == page.main_frame:
            page.document = response

    page.on("response", remember)
    return page


@pytest.fixture
def portal(running, window):
    """A browser at the portal. page.document is what the server has sent as the page that is open."""
    window.base = running.url
    window.set_viewport_size(DESKTOP)
    window.emulate_media(**LIGHT)
    yield window
    window.evaluate("localStorage.clear(); sessionStorage.clear()")
    window.context.clear_cookies()


# The matrix -----------------------------------------------------------------------------------------

DESKTOP = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}  # 400 % zoom on a desktop: WCAG 1.4.10
LIGHT = {"color_scheme": "light", "forced_colors": "none"}
DARK = {"color_scheme": "dark", "forced_colors": "none"}
FORCED = {"color_scheme": "light", "forced_colors": "active"}
NAMES = {str(LIGHT): "light", str(DARK): "dark", str(FORCED): "forced colours"}

# All of a page's geometry: where each element is and whether it shows, but not its colours.
LAYOUT = """() => [...document.querySelectorAll("*")].map((element) => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const [before, after] = ["::before", "::after"].map((part) => getComputedStyle(element, part).content);
  return [box.x, box.y, box.width, box.height, style.display, style.visibility, style.opacity, style.clipPath,
          style.overflow, style.position, style.zIndex, style.textDecorationLine, style.fontSize, style.fontWeight,
          style.pointerEvents, style.outlineStyle, before, after].join();
}).join("\\n")"""


# Each kind of text and field as a number: its colour and that around it, whether it is large, and the classes and paint of
# all that it is in; and in window.kinds its elements. (Whatever lies over or under a text by its place alone, axe leaves to
# a person.)
KINDS = """() => {
  window.kinds = new Map();
  const number = (...words) => {
    let a = 0xdeadbeef, b = 0x41c6ce57;
    for (const letter of words.join()) {
      a = Math.imul(a ^ letter.codePointAt(), 2654435761);
      b = Math.imul(b ^ letter.codePointAt(), 1597334677);
    }
    return (a ^ (b >>> 13)) + 4294967296 * (2097151 & (b ^ (a >>> 15)));
  };
  const isPlain = "rgba(0, 0, 0, 0),none,1,none,normal,none,static";
  const walk = (element, around, colourAround) => {
    const style = getComputedStyle(element);
    if (style.display === "none") return;
    const paint = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode,
      style.textShadow, style.position];
    for (const part of ["::before", "::after"]) {
      const { content, color, backgroundColor, position } = getComputedStyle(element, part);
      if (content !== "none") paint.push(content, color, backgroundColor, position);
    }
    const name = element.getAttribute("class");
    const kind = name || paint.join() !== isPlain ? number(around, element.localName, name, paint) : around;
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (style.visibility === "visible" && (says || element.matches("input, select, textarea"))) {
      const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
      const text = number(kind, colourAround, style.color, isLarge);
      window.kinds.set(text, [...(window.kinds.get(text) ?? []), element]);
    }
    for (const child of element.children) walk(child, kind, style.color);
  };
  walk(document.documentElement, 0, "");
  return [...window.kinds.keys()];
}"""


@pytest.fixture(scope="session")
def coloured():
    """The kinds of text whose colours have passed: size and scheme, and their numbers."""
    return defaultdict(set)


@pytest.fixture
def inspect(portal, nu, coloured):
    """Fails with every finding of the four checkers on the open page, and where it shows.

    Nu reads the HTML, which is the same at every size and in every scheme. The other three look at each size and
    scheme. The page is loaded once, and nothing is asked twice that cannot be answered in another way: the rules that
    are not about colours again only if anything but colours has changed; the rules about colours only of the kinds of
    text that have not passed yet, on this page or another one, in the same colours and inside the same elements: header,
    footer, cards and forms are on many. HTML_CodeSniffer takes so little time that it always does everything.
    """

    def inspect(*looks, ibm_narrow=True):
        """Each look is a size and the schemes to see it in. Not `ibm_narrow`: there IBM is asked about colours only."""
        problems = {}
        page = portal

        def note(findings, where):
            for finding in findings:
                problems.setdefault(finding, []).append(where)

        html = page.document.text()
        in_admin = urlsplit(page.url).path.startswith("/admin/")
        note([f for f in nu(html) if not in_admin or not any(told in f for told in checkers.IN_DJANGO)], "HTML")
        checkers.load(page)
        for size, schemes in looks:
            page.set_viewport_size(size)
            seen = None
            for scheme in schemes:
                page.emulate_media(**scheme)
                page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
                layout = page.evaluate(LAYOUT)
                changed, seen = layout != seen, seen or layout
                where = f"{size['width']} px {NAMES[str(scheme)]}"
                kinds = set(page.evaluate(KINDS))
                new = kinds - coloured[where]
                findings = checkers.htmlcs(page)
                if changed:
                    findings += checkers.axe(page, "others")
                if new:
                    findings += checkers.axe(page, "colours", list(new))
                others = changed and (size != NARROW or ibm_narrow)
                if others or new:
                    findings += checkers.ibm(page, "all" if others and new else "others" if others else "colours")
                note(findings, where)
                if not findings:
                    coloured[where] |= kinds
        lines = [f"- {finding}\n    at {', '.join(places)}" for finding, places in problems.items()]
        if lines:
            pytest.fail("\n".join([f"{len(lines)} findings on {page.url}", *lines]), pytrace=False)

    return inspect
