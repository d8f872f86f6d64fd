"""What waits for staff: the start page, reminders of contents that are to be checked, links that lead to nothing."""

import re
import socket
import threading
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from post_office.models import Email

from integration.offices.models import Office
from portal.groups import EDITORS
from portal.models import AccessibilityStatement, BarrierReport, Notice, Page, SiteProfile
from portal.timer.models import Job
from portal.translations.models import Translation
from portal.upkeep.links import checking, uses
from portal.upkeep.models import LinkUse, OutsideLink
from tests import factories
from tests.conftest import log_in

State = OutsideLink.State


TODAY = timezone.localdate()


AHEAD = timedelta(minutes=5)


@pytest.fixture
def clock(monkeypatch):
    """Moves the portal's clock: `clock(6)` is this time of day in six days, a little later."""
    begun = timezone.now()
    if timezone.localdate(begun) != timezone.localdate(begun + AHEAD):
        begun -= AHEAD  # near midnight a little later is another day

    def move(days):
        at = begun + timedelta(days=days) + AHEAD
        monkeypatch.setattr(timezone, "now", lambda: at)

    return move


def make_report(**fields):
    return BarrierReport.objects.create(id=uuid.uuid4(), message="…", language="de", **fields)


def make_statement(**fields):
    return AccessibilityStatement.objects.create(
        status="published", conformance="full", method="self", scope="https://example.org",
        **{"created_on": TODAY, "evaluated_on": TODAY, "reviewed_on": TODAY, **fields},
    )  # fmt: skip


def start(client):
    html = client.get("/admin/").content.decode()
    return html.split('<section class="to-do"')[1].split("</section>")[0]


def said(client, url="/admin/pflege/links/"):
    html = client.get(url).content.decode().split('id="content-main"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# The start page -------------------------------------------------------------------------------------


def test_drafts_due_and_ending_contents_stand_on_the_start_page_each_with_its_list(editor, site):
    today, now = timezone.localdate(), timezone.now()
    factories.make_office(status="draft", title_de="Entwurf")
    factories.make_office(review_due=today, title_de="Fällig")
    factories.make_office(review_due=today + timedelta(days=1), title_de="Noch nicht")
    factories.make_office(status="archived", review_due=today, title_de="Alt")
    factories.make_page(publish_until=now + timedelta(days=3), title_de="Endet")
    factories.make_page(publish_until=now - timedelta(days=3), title_de="Geendet")
    Notice.objects.create(text_de="Endet auch", status="published", publish_until=now + timedelta(days=1))
    html = start(editor)
    for link, label, titles in [
        ("/admin/offices/office/?aufgabe=entwurf", "1 noch Entwurf", {"Entwurf"}),
        ("/admin/offices/office/?aufgabe=pruefen", "1 wieder zu prüfen", {"Fällig"}),
        ("/admin/portal/page/?aufgabe=endet", "1 bald nicht mehr zu sehen", {"Endet"}),
        ("/admin/portal/notice/?aufgabe=endet", "1 bald nicht mehr zu sehen", {"Endet auch"}),
    ]:
        assert f'<a href="{link}">{label}</a>' in html
        shown = editor.get(link).context["cl"].result_list
        assert {str(row) for row in shown} == titles
    assert html.index("Bald") < html.index("Wenn Zeit ist")


def test_translations_that_are_not_right_stand_there_by_language(editor, site):
    page = factories.make_page(title_de="Eins", title_ar="واحد")
    factories.make_page(title_de="Entwurf", title_ar="مسودة", status="draft")
    page.title_de = "Zwei"
    page.save()
    link = "/admin/translations/translation/?sprache=ar&amp;zustand=outdated&amp;nur_oeffentliche=on"
    assert f'Veraltete Übersetzungen: <a href="{link}">1 Arabisch</a></li>' in start(editor)
    assert "Eins" not in said(editor, link.replace("&amp;", "&")) and "Zwei" in said(editor, link.replace("&amp;", "&"))


def test_what_waits_for_a_second_person_comes_first(editor, site):
    factories.make_page(title_de="Lies mich", status="review")
    html = start(editor)
    assert html.index("Zuerst") < html.index('<a href="/admin/portal/page/?aufgabe=freigabe">1 zur Freigabe</a>')


def test_with_nothing_to_do_it_says_so(administrator, site):
    make_statement()
    SiteProfile.objects.update(languages=["de"])
    Job.objects.create(name="send_mail", started=timezone.now())
    assert "Nichts wartet auf Sie." in start(administrator)


def test_the_law_comes_first(administrator, site):
    report = make_report(due_on=timezone.localdate() - timedelta(days=1))
    html = start(administrator)
    assert '<a href="/admin/portal/barrierreport/?bearbeitung=ueberfaellig">1 über der Frist</a>' in html
    assert "Pflichtangabe noch nicht öffentlich" in html
    assert html.index("Zuerst") < html.index("1 über der Frist")
    late = administrator.get("/admin/portal/barrierreport/?bearbeitung=ueberfaellig").context["cl"].result_list
    assert list(late) == [report]


def test_a_statement_older_than_a_year_is_named(administrator, site):
    make_statement(reviewed_on=timezone.localdate() - timedelta(days=366))
    assert "Überprüfung nach einem Jahr fällig" in start(administrator)


def test_nobody_is_told_of_what_he_may_not_change(client, db):
    factories.make_office(status="draft")
    make_report(due_on=timezone.localdate() - timedelta(days=1))
    user = User.objects.create_user("gast", password="ein-langes-Passwort", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_page"))
    log_in(client, user)
    assert "<a" not in start(client)


def test_a_hundred_and_ten_thousand_contents_cost_the_same(admin_client, site):
    kind = ContentType.objects.get_for_model(Office)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            html = start(admin_client)
        return len(captured), html

    def more(number):
        slugs = [f"s-{number}-{n}" for n in range(number)]
        offices = Office.objects.bulk_create(
            [Office(title_de="Stelle", slug=slug, status="draft") for slug in slugs], batch_size=500
        )
        LinkUse.objects.bulk_create([LinkUse(content_type=kind, object_id=x.pk, nowhere=True) for x in offices])
        Page.objects.bulk_create(
            [Page(title_de="Seite", slug=slug, status="published") for slug in slugs], batch_size=500
        )
        missing = Translation.State.MISSING
        Translation.objects.bulk_create(
            Translation(kind="portal.page", object_id=pk, language="ar", state=missing)
            for pk in Page.objects.filter(slug__in=slugs).values_list("pk", flat=True)
        )

    more(100)
    queries()  # once for what is remembered
    few, html = queries()
    assert "100 noch Entwurf" in html and "100 Links führen" in html and "101 Arabisch" in html  # and the portal itself
    more(9900)
    many, html = queries()
    assert "10000 noch Entwurf" in html.replace(".", "") and "10000 Links führen" in html.replace(".", "")
    assert many == few


def test_a_task_that_a_list_does_not_have_is_no_error(editor, site):
    factories.make_notice()
    for task in ("pruefen", "quatsch", "", "entwurf' OR 1=1"):
        assert editor.get("/admin/portal/notice/", {"aufgabe": task}).status_code in {200, 302}


# Reminders --------------------------------------------------------------------------------------------


def remind():
    call_command("remind_reviews", verbosity=0)
    mails = [(mail.to[0], mail.message) for mail in Email.objects.order_by("pk")]
    Email.objects.all().delete()
    return mails


@pytest.fixture
def people(db):
    made = {}
    for name in ("anna", "bela"):
        made[name] = User.objects.create_user(name, f"{name}@example.org", "ein-langes-Passwort", is_staff=True)
        made[name].groups.add(Group.objects.get(name=EDITORS))
    return made


def test_who_is_responsible_gets_one_mail_a_week(people, site, clock):
    due = timezone.localdate()
    factories.make_office(title_de="Fachstelle", review_due=due, responsible=people["anna"])
    factories.make_page(title_de="Ankommen", review_due=due, responsible=people["anna"])
    factories.make_page(title_de="Entwurf", review_due=due, responsible=people["anna"], status="draft")
    [(to, text)] = remind()
    assert to == "anna@example.org"
    assert "Fachstelle" in text and "Ankommen" in text and "Entwurf" not in text
    assert "/admin/offices/office/" in text
    assert remind() == []
    clock(6)
    assert remind() == []
    clock(7)
    assert [to for to, _text in remind()] == ["anna@example.org"]


def test_what_nobody_is_responsible_for_goes_to_all_editors(people, site):
    factories.make_office(title_de="Fachstelle", review_due=timezone.localdate())
    assert {to for to, _text in remind()} == {"anna@example.org", "bela@example.org"}


def test_who_has_left_is_replaced_by_the_editors(people, site):
    factories.make_office(title_de="Fachstelle", review_due=timezone.localdate(), responsible=people["anna"])
    people["anna"].is_active = False
    people["anna"].save()
    assert [to for to, _text in remind()] == ["bela@example.org"]


def test_without_anything_due_nobody_gets_mail(people, site):
    factories.make_office(review_due=timezone.localdate() + timedelta(days=1))
    factories.make_office(title_de="Zweite")
    assert remind() == []


# Links within the portal ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "address"),
    [
        (factories.make_page, "/ziel/"),
        (factories.make_office, "/stellen/ziel/"),
        (factories.make_project, "/projekte/ziel/"),
        (factories.make_publication, "/veroeffentlichungen/ziel/"),
        (factories.make_event, "/veranstaltungen/ziel/"),
        (factories.make_service, "/wegweiser/ziel/"),
    ],
)
def test_a_link_to_what_is_not_public_any_more_is_reported_at_once(editor, site, make, address):
    target = make(title_de="Ziel", slug="ziel", status="published")
    factories.make_page(title_de="Wegweisend", body_de=f'<p><a href="{address}">Zum Ziel der Reise</a></p>')
    assert "ins Leere" not in start(editor)
    target.status = "archived"
    target.save()
    assert '<a href="/admin/pflege/links/">1 Link führt ins Leere</a>' in start(editor)
    text = said(editor)
    assert f"Wegweisend : Text (Deutsch) {address} Was dort stand, ist nicht (mehr) öffentlich." in text
    target.status = "published"
    target.save()
    assert "Kein Link führt ins Leere." in said(editor)


def test_an_old_address_that_leads_on_is_no_broken_link(editor, site):
    target = factories.make_page(title_de="Ziel", slug="ziel")
    factories.make_page(title_de="Wegweisend", body_de='<p><a href="/ziel/">Zum Ziel der Reise</a></p>')
    target.slug = "neues-ziel"
    target.save()
    assert "Kein Link führt ins Leere." in said(editor)
    target.delete()
    assert "/ziel/" in said(editor)


def test_a_link_in_a_part_leads_to_the_form_of_its_content(editor, site):
    page = factories.make_page(title_de="Mit Abschnitt")
    page.sections.create(title_de="Abschnitt", body_ar='<p><a href="/gibt-es/nicht/">hin</a></p>', body_de="<p>x</p>")
    html = editor.get("/admin/pflege/links/").content.decode()
    assert f'<a href="/admin/portal/page/{page.pk}/change/">Mit Abschnitt</a>' in html
    assert "Text (Arabisch)" in html


def test_a_mended_link_leaves_the_list_when_the_content_is_saved(editor, site):
    page = factories.make_page(body_de='<p><a href="/gibt-es/nicht/">hin</a></p>')
    assert "/gibt-es/nicht/" in said(editor)
    page.body_de = "<p>ohne</p>"
    page.save()
    assert "Kein Link" in said(editor)
    page.body_de = '<p><a href="/gibt-es/nicht/">hin</a></p>'
    page.save()
    page.delete()
    assert "Kein Link" in said(editor)


def test_links_written_past_save_are_found_by_the_daily_job(site):
    page = factories.make_page()
    Page.objects.filter(pk=page.pk).update(body_de='<p><a href="https://a.example.org/">A</a></p>')
    assert not LinkUse.objects.exists()
    call_command("find_links")
    assert [use.outside.url for use in LinkUse.objects.all()] == ["https://a.example.org/"]
    Page.objects.filter(pk=page.pk).update(body_de="")
    call_command("find_links")
    assert not OutsideLink.objects.exists()


def test_saving_without_a_change_of_links_writes_nothing(site):
    page = factories.make_page(body_de='<p><a href="https://a.example.org/">A</a></p>')
    before = LinkUse.objects.get().pk
    page.title_de = "Anders"
    page.save()
    assert LinkUse.objects.get().pk == before


# Links to elsewhere -----------------------------------------------------------------------------------


class Elsewhere(BaseHTTPRequestHandler):
    def answer(self):
        self.server.asked.append((self.command, self.path))
        code = int(re.search(r"\d{3}", self.path)[0]) if re.search(r"\d{3}", self.path) else 200
        if self.path == "/no-head" and self.command == "HEAD":
            code = 405
        self.send_response(code)
        if code in (301, 302):
            self.send_header("Location", self.path.split("to=")[1])
        self.end_headers()

    do_GET = do_HEAD = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.setattr(checking, "is_public", lambda address: True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("/", State.WORKS),
        ("/no-head", State.WORKS),
        ("/301?to=/", State.WORKS),
        ("/ä-und-ö?q=ü", State.WORKS),
        ("/404", State.FAILING),
        ("/410", State.FAILING),
        ("/500", State.FAILING),
        ("/302?to=/302?to=/", State.FAILING),
        ("/301?to=file:///etc/passwd", State.FAILING),
        ("/403", State.SHUT),
        ("/429", State.SHUT),
        ("/503", State.SHUT),
    ],
)
def test_an_answer_is_what_a_reader_would_get(elsewhere, path, state):
    if path.startswith("/302"):
        path = "/302?to=/302"  # and from there to nothing: no Location
    assert checking.check(f"{elsewhere.url}{path}").state == state


def test_nobody_at_home_is_a_failure(elsewhere):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answer = checking.check(f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert (answer.state, answer.heard) == (State.FAILING, False)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://localhost/", "http://10.0.0.8/", "http://[::1]/", "http://169.254.169.254/latest/"],
)
def test_no_link_makes_the_server_knock_within_the_house(url):
    assert checking.check(url).state == State.SHUT


def test_a_redirect_into_the_house_is_not_followed(elsewhere, monkeypatch):
    inside = f"127.0.0.1:{elsewhere.server_port}"
    monkeypatch.setattr(checking, "refuse_house", lambda url: refuse(url))

    def refuse(url):
        if "inside" in url:
            raise checking.NotPublic

    assert checking.check(f"{elsewhere.url}/301?to=http://{inside}/inside").state == State.SHUT
    assert ("GET", "/inside") not in elsewhere.asked


def outside(elsewhere, path):
    factories.make_page(title_de=f"Seite {path}", body_de=f'<p><a href="{elsewhere.url}{path}">Dorthin</a></p>')
    return OutsideLink.objects.get(url=f"{elsewhere.url}{path}")


def test_a_link_is_broken_only_after_several_days_without_an_answer(editor, site, elsewhere, clock):
    link = outside(elsewhere, "/404")
    for days in range(3):
        link.refresh_from_db()
        assert link.state != State.BROKEN
        clock(days)
        call_command("check_links")
    link.refresh_from_db()
    assert (link.state, link.failures) == (State.BROKEN, 3)
    clock(0)  # the session ends otherwise
    assert "Diese Seite gibt es dort nicht mehr." in said(editor)


def test_one_good_answer_forgets_the_bad_ones(site, elsewhere):
    link = outside(elsewhere, "/")
    OutsideLink.objects.update(failures=2, failing_since=timezone.localdate() - timedelta(days=5), state=State.FAILING)
    call_command("check_links")
    link.refresh_from_db()
    assert (link.state, link.failures, link.failing_since) == (State.WORKS, 0, None)


def test_a_link_that_works_is_left_alone_for_a_week(site, elsewhere, clock):
    outside(elsewhere, "/")
    call_command("check_links")
    asked = len(elsewhere.asked)
    clock(6)
    call_command("check_links")
    assert len(elsewhere.asked) == asked
    clock(8)
    call_command("check_links")
    assert len(elsewhere.asked) > asked


def test_when_nothing_at_all_answers_it_is_our_own_net(site, monkeypatch):
    monkeypatch.setattr(checking, "check", lambda url: checking.Answer(State.FAILING, "…", heard=False))
    factories.make_page(
        body_de='<p><a href="https://a.example.org/">A</a> und <a href="https://b.example.org/">B</a></p>'
    )
    call_command("check_links")
    assert {link.state for link in OutsideLink.objects.all()} == {State.UNKNOWN}


def test_one_host_is_asked_one_question_at_a_time(site, elsewhere):
    for n in range(3):
        outside(elsewhere, f"/seite-{n}")
    call_command("check_links")
    assert len(elsewhere.asked) == 1


def test_an_office_may_switch_it_off(site, elsewhere, settings):
    settings.LINK_CHECK = False
    outside(elsewhere, "/")
    call_command("check_links")
    assert elsewhere.asked == []


def test_staff_check_again_and_silence(editor, site, elsewhere):
    link = outside(elsewhere, "/404")
    OutsideLink.objects.update(state=State.BROKEN, failures=3, failing_since=timezone.localdate() - timedelta(days=9))
    assert "/404" in said(editor)
    answer = editor.post(f"/admin/pflege/links/{link.pk}/pruefen/", follow=True).content.decode()
    assert "Diese Seite gibt es dort nicht mehr." in answer
    editor.post(f"/admin/pflege/links/{link.pk}/nicht-melden/")
    assert "Kein Link führt ins Leere." in said(editor)
    assert f"{link.url} Wieder melden" in said(editor)
    editor.post(f"/admin/pflege/links/{link.pk}/wieder-melden/")
    assert "Kein Link" not in said(editor)


def test_the_links_of_a_content_are_for_those_who_may_mend_it(client, site):
    factories.make_page(body_de='<p><a href="/gibt-es/nicht/">hin</a></p>')
    User.objects.create_user("gast", password="ein-langes-Passwort", is_staff=True)
    log_in(client, User.objects.get(username="gast"))
    assert "gibt-es" not in client.get("/admin/pflege/links/").content.decode()


def test_the_page_of_links_costs_the_same_for_ten_and_a_hundred(editor, site, monkeypatch):
    monkeypatch.setattr("portal.upkeep.links.staff.A_PAGE", 500)

    def more(number):
        pages = Page.objects.bulk_create(
            [Page(title_de=f"S{n}", slug=f"{number}-{n}", body_de='<a href="/nicht/da/">x</a>') for n in range(number)]
        )
        for page in pages:
            page.sections.create(title_de="A", body_de='<a href="/nicht/da/">x</a>')
        uses.write_down_all()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            editor.get("/admin/pflege/links/")
        return len(captured)

    more(10)
    queries()  # once for what is remembered
    few = queries()
    more(90)
    assert queries() == few
