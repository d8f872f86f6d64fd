"""Versions of what the office publishes: kept, compared in words, brought back; and two people at one form."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from reversion.models import Revision, Version

from integration.offices.models import Meeting, Office, Task, WorkingGroup
from integration.projects.models import Project
from integration.publications.models import Publication
from integration.topics.models import Term
from integration.wegweiser.checks import verification
from integration.wegweiser.models import OpeningHours, Proposal, Service, VerificationRequest
from lotsen.models import MailText, Volunteer
from portal.groups import EDITORS, TRANSLATORS
from portal.models import Page, SiteProfile, TopTask
from portal.translations.models import Translator
from portal.versions import kinds, snapshots, wording
from portal.versions.models import Editing
from portal.versions.recording import recording
from tests import factories
from tests.conftest import form_data, log_in, staff
from tests.test_translations import State, state
from tests.test_translations import post as translate
from tests.test_wegweiser_import import bring, csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(db):
    """A second member of Redaktion, with a browser of her own."""
    user = staff("ayse", EDITORS)
    user.first_name, user.last_name = "Ayşe", "Muster"
    user.save()
    client = Client()
    log_in(client, user)
    return client


def path(row, name="change"):
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/{name}/"


def opened(client, row):
    return form_data(client.get(path(row)).content.decode())


def save(client, row, **values):
    response = client.post(path(row), {**opened(client, row), **values})
    assert response.status_code == 302, response.context["errors"]
    row.refresh_from_db()


def versions(row):
    return Revision.objects.filter(pk__in=Version.objects.get_for_object(row).values("revision")).order_by("-pk")


def text(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", response.content.decode())).split())


def restore(client, row, revision):
    url = f"{path(row, 'versionen')}{revision.pk}/"
    shown = client.get(url).content.decode()
    assert "Diesen Stand wiederherstellen" in shown
    return client.post(url, form_data(shown), follow=True)


# Keeping ------------------------------------------------------------------------------------------------


def test_a_change_leaves_a_version_with_its_author_and_what_was_before(editor, site):
    page = factories.make(Page, title_de="Alt", title_en="Old")
    save(editor, page, title_en="New", status="draft")
    last, first = versions(page)
    assert (first.user, last.user.username) == (None, "redaktion")
    said = text(editor.get(path(page, "history")))
    assert "Titel (Englisch), Zustand" in said or "Zustand, Titel (Englisch)" in said
    assert "erste Version" in said


def test_saving_without_a_change_leaves_nothing(editor, site):
    page = factories.make(Page)
    save(editor, page, title_de="Neu")
    before = versions(page).count()
    save(editor, page)
    assert versions(page).count() == before


def test_the_language_that_is_read_never_counts_as_a_change(editor, site):
    page = factories.make(Page, title_de="Deutsch", title_ar="عربي")
    save(editor, page, lead_de="Neu")
    with translation.override("ar"), recording():
        page = Page.objects.get()
        page.save()
    assert versions(page).count() == 2
    assert "title" not in snapshots.of(page)[snapshots.key_of(page)]


def test_nothing_about_persons_is_ever_kept():
    names = {model._meta.label for model in kinds.kept()}
    assert {"offices.Office", "offices.Meeting", "portal.SiteProfile", "lotsen.MailText", "wegweiser.Contact"} <= names
    assert not names & {
        "lotsen.Volunteer", "lotsen.AssistanceRequest", "lotsen.Note", "lotsen.Training", "wegweiser.Suggestion",
        "wegweiser.VerificationRequest", "wegweiser.Proposal", "portal.BarrierReport", "auth.User", "portal.OldAddress",
    }  # fmt: skip
    assert not kinds.is_kept(Volunteer)


def test_every_page_of_the_admin_that_keeps_versions_shows_them(administrator, site):
    for model in (Term, SiteProfile, Project):
        row = model.objects.first() or factories.make(
            model, **({"vocabulary": "topic", "title_de": "X"} if model is Term else {})
        )
        assert "Noch keine" in administrator.get(path(row, "history")).content.decode()


def test_a_bulk_action_leaves_a_version_for_each(editor, site):
    pages = [factories.make(Page, status="draft") for _number in range(3)]
    editor.post("/admin/portal/page/", {"action": "publish", "_selected_action": [page.pk for page in pages]})
    for page in pages:
        last = versions(page).first()
        assert (last.comment, last.user.username) == ("Sammelaktion: veröffentlicht", "redaktion")


def test_bulk_actions_ask_the_database_for_all_at_once(site):
    def queries(number):
        pages = [factories.make(Page).pk for _number in range(number)]
        with CaptureQueriesContext(connection) as found, recording() as record:
            record.touch_many(Page, pages)
            Page.objects.filter(pk__in=pages).update(title_de="Anders")
        assert Version.objects.filter(object_id__in=pages).count() == 2 * number
        return len(found)

    assert queries(10) == queries(90)


def test_cells_of_a_list_leave_a_version(editor, site):
    task = TopTask.objects.create(title_de="A", icon="info", link="/stellen/", order=1)
    url = "/admin/portal/toptask/"
    data = {**form_data(editor.get(url).content.decode()), "form-0-order": "7", "_save": "Sichern"}
    data.pop("action", None)
    assert editor.post(url, data).status_code == 302
    task.refresh_from_db()
    assert task.order == 7
    assert versions(task).first().user.username == "redaktion"


def test_an_import_leaves_a_version_of_each_entry(editor, site):
    bring(editor, csv(("Angebot", "Organisation", "Kosten"), ("Kurs", "Träger", "frei")))
    bring(editor, csv(("Angebot", "Organisation", "Kosten"), ("Kurs", "Träger", "5 Euro")))
    service = Service.objects.get()
    assert [x.comment for x in versions(service)] == ["Aus einer Tabelle importiert"] * 2
    assert "Kosten (Deutsch)" in text(editor.get(path(service, "history")))


def test_an_organizations_answer_leaves_a_version(editor, site):
    service = factories.make_service()
    today = timezone.localdate()
    asked = VerificationRequest.objects.create(
        organization=service.organization, sent_to="a@example.org", sent_on=today, mailed_on=today, expires_on=today
    )
    verification.record(asked, [verification.Answer(service, "confirmed")])
    last = versions(service).first()
    assert (last.user, last.comment) == (None, "Vom Träger über den Link bestätigt")
    answer = verification.Answer(service, "changed", [("lead", None, "", "Neuer Satz")])
    assert verification.record(asked, [answer])
    proposal = Proposal.objects.get()
    url = f"/admin/wegweiser/servicecheck/{proposal.service_check_id}/entscheiden/"
    editor.post(url, {"decision": f"accept-{proposal.pk}"})
    last = versions(service).first()
    assert (last.user.username, last.comment) == ("redaktion", "Vorschlag der Organisation angenommen")


def test_a_field_that_came_or_went_with_an_update_is_nobodys_change(editor, site):
    page = factories.make(Page, title_de="Alt")
    save(editor, page, title_de="Neu")
    version = versions(page).first().version_set.get()
    version.serialized_data = version.serialized_data.replace('"title_de": "Neu"', '"former": "x", "title_de": "Neu"')
    version.save()
    save(editor, page, lead_de="Satz")
    assert {x.comment for x in versions(page)} == {"", "Stand vor der ersten Änderung"}


def test_a_translation_of_a_part_is_a_version_of_the_whole(editor, site):
    office = factories.make_office(title_de="Stelle", title_ar="مكتب")
    task = factories.make_task(office)
    translate(editor, office, **{f"task-{task.pk}-title": "مهمة"})
    last = versions(office).first()
    assert (last.user.username, last.comment) == ("redaktion", "Übersetzt (Arabisch): Aufgabe")
    assert "Aufgabe (Arabisch)" in text(editor.get(path(office, "history")))
    save(editor, office, lead_de="Neu")
    assert "Nicht in der Verwaltung geändert" not in [x.comment for x in versions(office)]


# Comparing ----------------------------------------------------------------------------------------------


def test_differences_are_told_in_words(editor, site):
    topic = factories.make(Term, vocabulary="topic", title_de="Sport")
    office = factories.make_office(title_de="Stelle", kind="unit")
    task = factories.make(Task, office=office, title_de="Vernetzen aller Stellen")
    factories.make(Task, office=office, title_de="Fällt weg")
    before = snapshots.of(office)
    office.kind, office.status, office.no_advice = "council", "draft", True
    office.body_de = "<p>Erster Satz.</p>"
    office.publish_from = timezone.make_aware(timezone.datetime(2030, 3, 5, 18, 0))
    office.save()
    office.topics.set([topic])
    task.title_de = "Vernetzen vieler Stellen"
    task.save()
    Task.objects.filter(title_de="Fällt weg").delete()
    factories.make(Task, office=office, title_de="Kommt dazu")
    changes = {c.summary: c for c in wording.compare(before, snapshots.of(office), snapshots.key_of(office))}
    assert (changes["Art"].old, changes["Art"].new) == ("<del>Fachstelle</del>", "<ins>Integrationsrat</ins>")
    assert changes["Zustand"].new == "<ins>Entwurf</ins>"
    assert changes["Ist keine Beratungsstelle"].new == "<ins>ja</ins>"
    assert changes["Text (Deutsch)"].new == "<ins>Erster Satz.</ins>"
    assert "05.03.2030 18:00" in re.sub("<[^>]+>", "", changes["Sichtbar ab"].new)
    assert changes["Schwerpunkte"].new == "<ins>Sport</ins>"
    said = changes["Aufgabe „Vernetzen vieler Stellen“: Aufgabe (Deutsch)"]
    assert said.old == "Vernetzen <del>aller</del> Stellen"
    assert said.new == "Vernetzen <ins>vieler</ins> Stellen"
    assert changes["Aufgabe „Fällt weg“ entfernt"].kind == "removed"
    assert changes["Aufgabe „Kommt dazu“ dazu"].kind == "added"


def test_a_new_order_is_called_so(site):
    office = factories.make_office()
    task = factories.make(Task, office=office, title_de="A", order=1)
    before = snapshots.of(office)
    Task.objects.filter(pk=task.pk).update(order=3)
    (change,) = wording.compare(before, snapshots.of(office), snapshots.key_of(office))
    assert change.summary == "Aufgabe „A“ verschoben"


def test_a_text_is_never_markup_on_these_pages(editor, site):
    page = factories.make(Page, title_de="A")
    save(editor, page, title_de="<script>alert(1)</script>")
    revision = versions(page).first()
    for url in (path(page, "history"), f"{path(page, 'versionen')}{revision.pk}/"):
        assert "<script>alert" not in editor.get(url).content.decode()


def test_the_history_asks_the_same_questions_for_many_versions(editor, site, settings):
    office = factories.make_office()
    factories.make(Task, office=office, title_de="A")

    def queries(number):
        for step in range(number):
            with recording(User.objects.first()):
                office.lead_de = f"{number} {step}"
                office.save()
        with CaptureQueriesContext(connection) as found:
            editor.get(path(office, "history"))
        return len(found)

    queries(3)
    assert queries(5) == queries(15)


# Bringing back ------------------------------------------------------------------------------------------


def test_an_old_state_comes_back_with_its_parts(editor, site):
    office = factories.make_office(title_de="Alt", title_ar="قديم", lead_en="Old")
    kept = factories.make(Task, office=office, title_de="Bleibt", order=1)
    gone = factories.make(Task, office=office, title_de="Geht", title_ar="يذهب", order=2)
    data = opened(editor, office)
    data |= {"title_de": "Neu", "title_ar": "", "lead_en": "", "tasks-0-title_de": "Anders", "tasks-1-DELETE": "on"}
    assert editor.post(path(office), data).status_code == 302
    with translation.override("ar"):
        factories.make(Task, office=office, title_de="Neu dazu")
    assert "wiederhergestellt" in text(restore(editor, office, versions(office).last()))
    office.refresh_from_db()
    kept.refresh_from_db()
    assert (office.title_de, office.title_ar, office.lead_en) == ("Alt", "قديم", "Old")
    assert [task.title_de for task in office.tasks.all()] == ["Bleibt", "Geht"]
    assert office.tasks.get(title_de="Geht").title_ar == "يذهب"
    assert office.tasks.get(title_de="Geht").pk == gone.pk
    assert "wiederhergestellt" in versions(office).first().comment


def test_restoring_leaves_the_state_to_who_decides_on_it(editor, site):
    page = factories.make(Page, title_de="Alt", status="published")
    save(editor, page, title_de="Neu", status="draft")
    restore(editor, page, versions(page).last())
    page.refresh_from_db()
    assert (page.title_de, page.status) == ("Alt", "draft")


def test_what_was_deleted_comes_back_with_all_that_hung_on_it(editor, site):
    office = factories.make_office(title_de="Fachstelle")
    factories.make(Task, office=office, title_de="Vernetzen")
    group = factories.make(WorkingGroup, office=office, title_de="Runde")
    Meeting.objects.create(group=group, starts_at=timezone.now())
    publication = factories.make(Publication, kind="report", year=2024, office=office)
    assert editor.post(path(office, "delete"), {"post": "yes"}).status_code == 302
    publication.refresh_from_db()
    assert publication.office is None

    assert "Gelöschtes zurückholen" in editor.get("/admin/offices/office/").content.decode()
    page = editor.get("/admin/offices/office/geloescht/").content.decode()
    assert "Fachstelle" in page
    url = re.search(r'href="(/admin/offices/office/geloescht/\d+/)"', page)[1]
    assert "Vernetzen" in editor.get(url).content.decode()
    editor.post(url)
    office = Office.objects.get(title_de="Fachstelle")
    assert office.status == "draft"
    assert office.tasks.get().title_de == "Vernetzen"
    assert office.working_groups.get().meetings.count() == 1
    publication.refresh_from_db()
    assert publication.office == office
    assert "nichts gelöscht" in text(editor.get("/admin/offices/office/geloescht/"))
    assert editor.post(url).status_code == 302  # a second click


def test_a_service_comes_back_with_its_hours_at_one_place(editor, site):
    service = factories.make_service(factories.make_location())
    at = service.at_locations.get()
    OpeningHours.objects.create(service=service, service_at_location=at, days="MO", opens_at="09:00", closes_at="12:00")
    with recording():
        service.delete()
    url = re.search(
        r'href="(/admin/wegweiser/service/geloescht/\d+/)"',
        editor.get("/admin/wegweiser/service/geloescht/").content.decode(),
    )[1]
    editor.post(url)
    assert Service.objects.get().hours.get(days="MO").service_at_location_id == at.pk


def test_what_it_needs_and_is_gone_is_said(editor, site):
    service = factories.make_service(title_de="Kurs")
    organization = service.organization
    with recording():
        service.delete()
        organization.delete()
    url = re.search(
        r'href="(/admin/wegweiser/service/geloescht/\d+/)"',
        editor.get("/admin/wegweiser/service/geloescht/").content.decode(),
    )[1]
    said = text(editor.post(url, follow=True))
    assert "gibt es nicht mehr. Bitte zuerst das zurückholen" in said
    assert not Service.objects.exists()


def test_a_taken_address_gets_a_number(editor, site):
    page = factories.make(Page, title_de="Beratung", slug="beratung")
    with recording():
        page.delete()
    factories.make(Page, title_de="Anders", slug="beratung")
    url = re.search(
        r'href="(/admin/portal/page/geloescht/\d+/)"', editor.get("/admin/portal/page/geloescht/").content.decode()
    )[1]
    assert "es gibt eine neue" in text(editor.post(url, follow=True))
    assert Page.objects.get(title_de="Beratung").slug == "beratung-2"


def test_a_working_group_deleted_alone_is_found_among_the_working_groups(editor, site):
    office = factories.make_office()
    group = factories.make_group(office, title_de="Runde Sprache")
    Meeting.objects.create(group=group, starts_at=timezone.now())
    assert editor.post(path(group, "delete"), {"post": "yes"}).status_code == 302
    shown = editor.get("/admin/offices/workinggroup/geloescht/").content.decode()
    assert "Runde Sprache" in shown
    said = text(editor.post(re.search(r'href="(/admin/offices/workinggroup/geloescht/\d+/)"', shown)[1], follow=True))
    assert "„Runde Sprache“ ist wieder da." in said  # and no draft: it has no such state
    assert office.working_groups.get().meetings.count() == 1
    assert "nichts gelöscht" in text(editor.get("/admin/offices/workinggroup/geloescht/"))


def test_a_working_group_that_went_with_its_office_is_not_listed_alone(editor, site):
    group = factories.make_group(factories.make_office(), title_de="Runde Sprache")
    editor.post(path(group.office, "delete"), {"post": "yes"})
    alone, office = (Version.objects.get_for_model(kind).values_list("revision") for kind in (WorkingGroup, Office))
    assert set(alone) == set(office)


def test_what_somebody_changed_meanwhile_is_not_restored_over_unseen(editor, colleague, site):
    page = factories.make(Page, title_de="Alt")
    save(editor, page, title_de="Neu")
    url = f"{path(page, 'versionen')}{versions(page).last().pk}/"
    data = form_data(editor.get(url).content.decode())
    save(colleague, page, lead_de="Von Ayşe")
    assert "noch etwas geändert worden" in text(editor.post(url, data, follow=True))
    page.refresh_from_db()
    assert (page.title_de, page.lead_de) == ("Neu", "Von Ayşe")
    editor.post(url, form_data(editor.get(url).content.decode()))
    page.refresh_from_db()
    assert page.title_de == "Alt"


def test_a_restored_translation_belongs_to_the_text_it_was_made_from(editor, site):
    page = factories.make(Page, title_de="Alt", title_ar="قديم")
    page.title_de = "Neu"
    page.save()
    save(editor, page, title_ar="جديد")
    assert state(page) == State.CURRENT
    restore(editor, page, versions(page).last())
    page.refresh_from_db()
    assert (page.title_de, page.title_ar, state(page)) == ("Neu", "قديم", State.OUTDATED)
    editor.post(path(page, "delete"), {"post": "yes"})
    shown = editor.get("/admin/portal/page/geloescht/").content.decode()
    editor.post(re.search(r'href="(/admin/portal/page/geloescht/\d+/)"', shown)[1])
    assert state(page) == State.OUTDATED


def test_a_restored_translation_is_current_where_it_was_or_has_been_found_right_since(editor, site):
    page = factories.make(Page, title_de="Alt", title_ar="قديم")
    save(editor, page, title_de="Neu")  # outdated from here on …
    outdated = versions(page).first()
    translate(editor, page, still="*")  # … but somebody said that it is still right
    save(editor, page, title_de="Neuer")
    restore(editor, page, outdated)
    page.refresh_from_db()
    assert (page.title_de, state(page)) == ("Neu", State.CURRENT)
    restore(editor, page, versions(page).last())
    page.refresh_from_db()
    assert (page.title_de, state(page)) == ("Alt", State.CURRENT)


def test_what_pointed_to_it_by_a_field_that_is_gone_breaks_nothing(editor, site):
    office = factories.make_office(title_de="Fachstelle")
    publication = factories.make_publication(office=office)
    editor.post(path(office, "delete"), {"post": "yes"})
    for version in Version.objects.filter(serialized_data__contains="_pointers"):
        version.serialized_data = version.serialized_data.replace('"office", "', '"former_office", "')
        version.save()
    shown = editor.get("/admin/offices/office/geloescht/").content.decode()
    editor.post(re.search(r'href="(/admin/offices/office/geloescht/\d+/)"', shown)[1])
    assert Office.objects.get().title_de == "Fachstelle"
    publication.refresh_from_db()
    assert publication.office is None


def test_a_version_that_does_not_fit_any_more_breaks_nothing(editor, site):
    page = factories.make(Page, title_de="Alt")
    save(editor, page, title_de="Neu")
    first = versions(page).last()
    version = first.version_set.get()
    version.serialized_data = version.serialized_data.replace(
        '"title_de": "Alt"', '"former_field": "Alt", "title_de": ""'
    )
    version.save()
    url = f"{path(page, 'versionen')}{first.pk}/"
    assert "former_field (gibt es nicht mehr)" in text(editor.get(url))
    said = text(editor.post(url, form_data(editor.get(url).content.decode()), follow=True))
    assert "erfüllt nicht mehr, was heute gilt" in said
    page.refresh_from_db()
    assert page.title_de == "Neu"
    version.serialized_data = "[]"
    version.save()
    assert "passt nicht mehr zum Portal" in text(editor.get(url))
    assert "passt nicht mehr zum Portal" in text(editor.post(url, follow=True))


def test_a_replaced_file_stays_as_long_as_a_version_names_it(editor, site, django_capture_on_commit_callbacks):
    office = factories.make_office()
    diagram = factories.make_diagram(office)
    old = diagram.image.name
    with django_capture_on_commit_callbacks(execute=True):
        save(editor, office, **{"diagrams-0-image": SimpleUploadedFile("neu.png", factories.png(5, 5))})
    diagram.refresh_from_db()
    new = diagram.image.name
    assert new != old
    assert default_storage.exists(old)
    restore(editor, office, versions(office).last())
    diagram.refresh_from_db()
    assert diagram.image.name == old

    Revision.objects.update(date_created=timezone.now() - timedelta(days=800))
    for number in range(6):
        save(editor, office, lead_de=str(number))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("forget_versions", verbosity=0)
    assert default_storage.exists(old)  # in use
    assert not default_storage.exists(new)


def test_a_missing_file_is_said(editor, site):
    office = factories.make_office()
    diagram = factories.make_diagram(office)
    save(editor, office, lead_de="Neu")
    Path(default_storage.path(diagram.image.name)).unlink()
    diagram.delete()
    said = text(restore(editor, office, versions(office).last()))
    assert "Datei nicht mehr vorhanden" in said
    assert not office.diagrams.exists()


def test_the_old_page_can_be_looked_at_and_nothing_stays(editor, site):
    page = factories.make(Page, title_de="Alte Überschrift")
    save(editor, page, title_de="Neue Überschrift")
    first, count = versions(page).last(), Revision.objects.count()
    html = editor.get(f"{path(page, 'versionen')}{first.pk}/vorschau/de/").content.decode()
    assert "<h1>Alte Überschrift</h1>" in html
    page.refresh_from_db()
    assert page.title_de == "Neue Überschrift"
    assert Revision.objects.count() == count


def test_restoring_needs_the_right_to_change(editor, coordinator, site):
    page = factories.make(Page, title_de="Alt")
    with recording():
        page.title_de = "Neu"
        page.save()
    url = f"{path(page, 'versionen')}{versions(page).last().pk}/"
    assert "Diesen Stand wiederherstellen" not in coordinator.get(url).content.decode()
    assert coordinator.post(url).status_code == 403
    assert coordinator.get("/admin/portal/page/geloescht/").status_code == 403


def test_old_versions_go_after_24_months_but_never_the_last_five(editor, site):
    page = factories.make(Page)
    for number in range(8):
        save(editor, page, title_de=f"Titel {number}")
    Revision.objects.update(date_created=timezone.now() - timedelta(days=800))
    call_command("forget_versions", verbosity=0)
    assert versions(page).count() == 5


# Two at one form ----------------------------------------------------------------------------------------


def recovered(client, page):
    """Follows the way out that the page names."""
    assert client.post(re.search(r'href="(/admin/[^"]*/geloescht/\d+/)"', page)[1]).status_code == 302


def test_what_was_written_while_somebody_deleted_it_can_still_be_saved(editor, colleague, site):
    office = factories.make_office(title_de="Fachstelle", status="draft")
    factories.make(Task, office=office, title_de="Vernetzen")
    form = opened(editor, office) | {"lead_de": "Lange geschrieben", "tasks-0-title_de": "Alle vernetzen"}
    assert colleague.post(path(office, "delete"), {"post": "yes"}).status_code == 302

    response = editor.post(path(office), form)
    assert response.status_code == 409
    assert "wurde dieser Inhalt gelöscht (von Ayşe Muster, " in text(response)
    assert not Office.objects.exists()
    kept = form_data(response.content.decode())
    assert editor.post(path(office), kept).status_code == 409, "it is still not back"
    recovered(editor, response.content.decode())
    assert editor.post(path(office), kept).status_code == 302
    office.refresh_from_db()
    assert office.lead_de == "Lange geschrieben"
    assert office.tasks.get().title_de == "Alle vernetzen"


def test_a_translation_written_while_somebody_deleted_the_content_is_kept_too(colleague, site):
    office = factories.make_office(title_de="Fachstelle", status="draft")
    address = f"/admin/translations/translation/offices.office/{office.pk}/ar/"
    user = staff("uebersetzung", TRANSLATORS)
    Translator.objects.create(user=user, languages=["ar"])
    translator = log_in(Client(), user)
    form = form_data(translator.get(address).content.decode()) | {f"office-{office.pk}-title": "مكتب"}
    colleague.post(path(office, "delete"), {"post": "yes"})

    response = translator.post(address, form)
    assert response.status_code == 409
    assert "bitten Sie jemanden aus der Redaktion" in text(response)
    recovered(colleague, colleague.get("/admin/offices/office/geloescht/").content.decode())
    assert translator.post(address, form_data(response.content.decode())).status_code == 302
    office.refresh_from_db()
    assert office.title_ar == "مكتب"


def test_what_never_was_is_kept_by_nobody(editor, site):
    assert editor.post("/admin/offices/office/4711/change/", {"title_de": "Fachstelle"}).status_code == 302
    assert not Office.objects.exists()


def test_the_second_to_save_is_told_and_loses_nothing(editor, colleague, site):
    page = factories.make(Page, title_de="Alt", lead_de="Satz")
    mine = opened(editor, page)
    save(colleague, page, title_de="Von Ayşe")
    response = editor.post(path(page), {**mine, "lead_de": "Von mir"})
    assert response.status_code == 200
    said = text(response)
    assert "Inzwischen wurde hier etwas geändert" in said
    assert "Ayşe Muster" in said
    assert "Titel (Deutsch)" in said
    again = form_data(response.content.decode())
    assert again["lead_de"] == "Von mir"
    assert again["title_de"] == "Alt"
    assert again["_take"] == f"portal.page|{page.pk}|title_de"  # nobody touched it here
    assert editor.post(path(page), again).status_code == 302
    page.refresh_from_db()
    assert (page.title_de, page.lead_de) == ("Von Ayşe", "Von mir")


def test_who_has_the_form_open_is_named_for_a_quarter_of_an_hour(editor, colleague, site):
    page = factories.make(Page)
    assert "bearbeitet das gerade" not in text(colleague.get(path(page)))
    assert "Ayşe Muster bearbeitet das gerade (seit " in text(editor.get(path(page)))
    assert "redaktion bearbeitet das gerade" in text(colleague.get(path(page)))
    save(colleague, page, title_de="Fertig")
    assert "bearbeitet das gerade" not in text(editor.get(path(page)))
    Editing.objects.update(since=timezone.now() - timedelta(minutes=16))
    assert "bearbeitet das gerade" not in text(colleague.get(path(page)))
    assert Editing.objects.count() == 1


def test_one_may_save_over_it_knowingly(editor, colleague, site):
    page = factories.make(Page, title_de="Alt")
    mine = opened(editor, page)
    save(colleague, page, title_de="Von Ayşe")
    response = editor.post(path(page), {**mine, "title_de": "Von mir"})
    again = form_data(response.content.decode())
    assert "_take" not in again  # both have written there
    assert editor.post(path(page), again).status_code == 302
    page.refresh_from_db()
    assert page.title_de == "Von mir"
    assert versions(page).count() == 3


def test_parts_count_too_and_a_removed_one_is_not_lost(editor, colleague, site):
    office = factories.make_office()
    task = factories.make(Task, office=office, title_de="Eins", order=1)
    factories.make(Task, office=office, title_de="Zwei", order=2)
    mine = opened(editor, office)
    theirs = opened(colleague, office)
    assert (
        colleague.post(path(office), {**theirs, "tasks-0-DELETE": "on", "tasks-1-title_de": "Zwei B"}).status_code
        == 302
    )
    response = editor.post(path(office), {**mine, "tasks-0-title_de": "Eins, von mir"})
    assert response.status_code == 200
    again = form_data(response.content.decode())
    assert again["tasks-INITIAL_FORMS"] == "1"
    assert editor.post(path(office), again).status_code == 302
    assert sorted(task.title_de for task in office.tasks.all()) == ["Eins, von mir", "Zwei B"]
    assert not Task.objects.filter(pk=task.pk).exists()


def test_what_the_other_one_removed_and_nobody_touched_stays_away(editor, colleague, site):
    office = factories.make_office()
    project = factories.make_project()
    task = factories.make(Task, office=office, title_de="Eins", order=1, projects=[project])
    mine = opened(editor, office)
    save(colleague, office, **{"tasks-0-DELETE": "on"})
    response = editor.post(path(office), {**mine, "lead_de": "Neu"})
    assert "bleibt weg" in text(response)
    assert editor.post(path(office), form_data(response.content.decode())).status_code == 302
    assert not Task.objects.filter(office=office).exclude(pk=task.pk).exists()
    office.refresh_from_db()
    assert office.lead_de == "Neu"


def test_a_part_somebody_added_stays(editor, colleague, site):
    office = factories.make_office()
    mine = opened(editor, office)
    theirs = opened(colleague, office)
    theirs |= {"tasks-TOTAL_FORMS": 1, "tasks-0-title_de": "Neu", "tasks-0-order": "0"}
    assert colleague.post(path(office), theirs).status_code == 302
    response = editor.post(path(office), {**mine, "lead_de": "Von mir"})
    assert "dazu" in text(response)
    assert editor.post(path(office), form_data(response.content.decode())).status_code == 302
    assert office.tasks.get().title_de == "Neu"


def test_somebody_elses_change_from_outside_counts_as_well(editor, site):
    service = factories.make_service()
    mine = opened(editor, service)
    Service.objects.filter(pk=service.pk).update(title_de="Von der Organisation")
    response = editor.post(path(service), {**mine, "lead_de": "Von mir"})
    assert response.status_code == 200
    assert "Inzwischen wurde hier etwas geändert" in text(response)
    assert editor.post(path(service), form_data(response.content.decode())).status_code == 302


def test_settings_are_protected_as_well(administrator, colleague, site):
    profile = SiteProfile.objects.get()
    mine = opened(administrator, profile)
    save(colleague, profile, title_de="Anders")
    assert "Inzwischen" in text(administrator.post(path(profile), {**mine, "city": "Neustadt"}))


def test_a_form_from_an_old_tab_is_only_stopped_if_somebody_else_has_saved(editor, colleague, site):
    page = factories.make(Page, title_de="Alt")
    mine = opened(editor, page)
    del mine["_seen"]
    assert editor.post(path(page), {**mine, "lead_de": "Eins"}).status_code == 302
    save(colleague, page, title_de="Von Ayşe")
    response = editor.post(path(page), {**mine, "lead_de": "Zwei"})
    assert response.status_code == 200
    assert form_data(response.content.decode())["lead_de"] == "Zwei"


def test_a_mistake_in_the_form_does_not_hide_a_change(editor, colleague, site):
    page = factories.make(Page, title_de="Alt")
    mine = opened(editor, page)
    wrong = form_data(editor.post(path(page), {**mine, "publish_from_0": "quatsch"}).content.decode())
    assert wrong["_seen"] == mine["_seen"]
    save(colleague, page, title_de="Von Ayşe")
    assert editor.post(path(page), {**wrong, "publish_from_0": ""}).status_code == 200


def test_cells_nobody_touched_are_not_written_over(editor, colleague, site):
    one = TopTask.objects.create(title_de="A", icon="info", link="/stellen/", order=1)
    two = TopTask.objects.create(title_de="B", icon="info", link="/stellen/", order=2)
    url = "/admin/portal/toptask/"
    mine = {**form_data(editor.get(url).content.decode()), "_save": "Sichern"}
    mine.pop("action", None)
    TopTask.objects.filter(pk=one.pk).update(order=9)
    assert editor.post(url, {**mine, "form-1-order": "5"}).status_code == 302
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.order, two.order) == (9, 5)
    response = editor.post(url, {**mine, "form-0-order": "4", "form-1-order": "5"})
    assert "Hier steht inzwischen" in text(response)


HUGE = "9" * 30


@pytest.mark.parametrize("address", [
    f"offices/office/{HUGE}/change/", f"offices/office/{HUGE}/history/", f"offices/office/{HUGE}/gegenlesen/",
    f"offices/office/{HUGE}/delete/", f"offices/office/{HUGE}/versionen/1/", f"offices/office/geloescht/{HUGE}/",
    f"offices/office/1/versionen/{HUGE}/", "offices/office/²/change/", "portal/federalstate/N%00/change/",
    "portal/federalstate/N%00/history/", "portal/federalstate/N_00/change/",
])  # fmt: skip
def test_an_address_with_an_impossible_number_is_answered(administrator, site, address):
    for response in (administrator.get(f"/admin/{address}"), administrator.post(f"/admin/{address}")):
        assert response.status_code in {302, 404}


@pytest.mark.parametrize("number", ["abc", HUGE, "²", "-1", "1\0"])
def test_a_form_with_impossible_numbers_is_answered(editor, site, number):
    office = factories.make_office()
    factories.make_task(office)
    data = opened(editor, office)
    for bad in ({"_take": f"offices.task|{number}|title_de"}, {"tasks-0-id": number}, {f"tasks-{HUGE * 25}-id": "1"}):
        assert editor.post(path(office), {**data, **bad}).status_code in {200, 302}


def test_the_words_of_mails_have_versions_too(coordinator, site):
    mail = MailText.objects.filter(key__isnull=False).first() or MailText.objects.create(
        name="Eigene", subject_de="A", body_de="B"
    )
    assert coordinator.get(path(mail, "history")).status_code == 200
