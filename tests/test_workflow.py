"""From draft to public: at a time, by a second person where the office wants one, and never by accident."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integration.wegweiser.models import Service
from portal.groups import EDITORS
from portal.models import Page, SiteProfile
from portal.versions import approval, conflicts
from portal.versions.models import Proofreading
from portal.versions.recording import recording
from tests import factories
from tests.conftest import form_data, log_in, staff
from tests.test_versions import opened, path, save, text
from tests.test_wegweiser_import import bring, csv, look

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(db):
    client = Client()
    log_in(client, staff("ayse", EDITORS))
    return client


@pytest.fixture
def two_readers(site):
    SiteProfile.objects.update(second_reader=True)


def act(client, action, *rows):
    url = path(rows[0]).rsplit("/", 3)[0] + "/"
    return client.post(url, {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)


def test_without_the_setting_one_person_publishes_in_one_step(editor, site):
    page = factories.make(Page, status="draft")
    save(editor, page, title_de="Neu", status="published")
    assert page.status == "published"
    save(editor, page, title_de="Neuer")
    assert not Proofreading.objects.filter(waiting=True).exists()


def test_who_has_written_a_text_cannot_publish_it(editor, colleague, two_readers):
    page = factories.make(Page, status="draft")
    save(editor, page, title_de="Neu", status="review")
    response = editor.post(path(page), {**opened(editor, page), "status": "published"})
    assert "Freigeben muss ihn eine andere Person" in text(response)
    assert "zuletzt selbst geändert" in text(act(editor, "publish", page))
    page.refresh_from_db()
    assert page.status == "review"
    act(colleague, "publish", page)
    page.refresh_from_db()
    assert page.status == "published"


def test_writing_and_publishing_at_once_counts_as_writing(editor, two_readers):
    page = factories.make(Page, status="draft")
    response = editor.post(path(page), {**opened(editor, page), "lead_de": "Neu", "status": "published"})
    assert "Freigeben muss ihn eine andere Person" in text(response)


def test_the_other_one_publishes_in_the_form(editor, colleague, two_readers):
    page = factories.make(Page, status="draft")
    save(editor, page, title_de="Neu")
    save(colleague, page, status="published")
    assert page.status == "published"


def test_a_part_counts_as_the_text(editor, two_readers):
    office = factories.make_office(status="draft")
    factories.make_task(office, title_de="Aufgabe")
    data = {**opened(editor, office), "tasks-0-title_de": "Anders", "status": "published"}
    assert "Freigeben muss ihn eine andere Person" in text(editor.post(path(office), data))


def test_translations_and_saving_again_make_nobody_an_author(editor, colleague, two_readers):
    page = factories.make(Page, status="draft")
    save(colleague, page, title_de="Neu")
    save(editor, page, title_en="New")
    save(editor, page)
    assert User.objects.get(pk=approval.author(page)).username == "ayse"
    save(editor, page, status="published")
    assert page.status == "published"


def test_a_new_text_needs_the_other_one_too(editor, two_readers):
    data = {**opened_add(editor), "title_de": "Neu", "status": "published"}
    assert "Freigeben muss ihn eine andere Person" in text(editor.post("/admin/portal/page/add/", data))
    assert editor.post("/admin/portal/page/add/", {**data, "status": "review"}).status_code == 302


def opened_add(client):
    return form_data(client.get("/admin/portal/page/add/").content.decode())


def test_what_is_public_stays_public_and_waits_to_be_read(editor, colleague, two_readers):
    page = factories.make(Page, status="published", title_de="Alter Titel")
    save(editor, page, title_de="Neuer Titel")
    assert page.status == "published"
    assert "Neuer Titel" in text(colleague.get("/admin/versions/proofreading/"))
    url = path(page, "gegenlesen")
    shown = colleague.get(url).content.decode()
    assert "<del>Alter</del> Titel" in shown
    assert "<ins>Neuer</ins> Titel" in shown
    assert "Gegenlesen" in text(colleague.get(path(page)))
    assert editor.post(url, {"_seen": ""}).status_code == 403
    data = form_data(shown)
    assert "ist gegengelesen" in text(colleague.post(url, data, follow=True))
    assert not Proofreading.objects.filter(waiting=True).exists()
    save(editor, page, title_de="Neuester Titel")
    assert "<del>Neuer</del> Titel" in colleague.get(url).content.decode()


def test_what_changed_while_reading_is_read_again(editor, colleague, two_readers):
    page = factories.make(Page, status="published")
    save(editor, page, title_de="Eins")
    data = form_data(colleague.get(path(page, "gegenlesen")).content.decode())
    save(editor, page, title_de="Zwei")
    assert "Bitte lesen Sie noch einmal" in text(colleague.post(path(page, "gegenlesen"), data, follow=True))
    assert Proofreading.objects.get().waiting


def saved_while_waiting(monkeypatch, change):
    """Somebody else had the lock first, and has saved when we get it."""
    lock = conflicts.lock_many

    def waits(*args):
        lock(*args)
        change()

    monkeypatch.setattr(conflicts, "lock_many", waits)


def test_what_changes_in_the_moment_of_ticking_off_is_read_again(editor, colleague, two_readers, monkeypatch):
    page = factories.make(Page, status="published", title_de="Eins")
    save(editor, page, title_de="Zwei")
    data = form_data(colleague.get(path(page, "gegenlesen")).content.decode())
    saved_while_waiting(monkeypatch, lambda: Page.objects.update(title_de="Drei"))
    assert "Bitte lesen Sie noch einmal" in text(colleague.post(path(page, "gegenlesen"), data, follow=True))
    assert Proofreading.objects.get().waiting


def test_archiving_instead_of_deleting_writes_over_nobody(editor, site, monkeypatch):
    page = factories.make(Page, title_de="Eins")
    saved_while_waiting(monkeypatch, lambda: Page.objects.update(title_de="Zwei"))
    editor.post(path(page, "delete"), {"_archive": "1"})
    page.refresh_from_db()
    assert (page.title_de, page.status) == ("Zwei", "archived")


def test_a_bulk_action_writes_over_nobody(editor, site, monkeypatch):
    page = factories.make(Page, title_de="Eins")
    saved_while_waiting(monkeypatch, lambda: Page.objects.update(title_de="Zwei"))
    act(editor, "archive", page)
    page.refresh_from_db()
    assert (page.title_de, page.status) == ("Zwei", "archived")


def test_what_is_deleted_waits_for_nobody(editor, colleague, two_readers):
    page = factories.make(Page, status="published", title_de="Alt")
    save(editor, page, title_de="Neu")
    assert "Neu" in text(colleague.get("/admin/versions/proofreading/"))
    colleague.post(path(page, "delete"), {"post": "yes"})
    assert not Proofreading.objects.exists()


def test_an_import_makes_nothing_public_and_says_so(two_readers, editor):
    sheet = csv(("Angebot", "Organisation", "Zustand"), ("Neues", "Träger", "veröffentlicht"))
    assert "Eine zweite Person gibt frei" in look(editor, sheet)
    bring(editor, sheet)
    assert Service.objects.get().status == "review"


def test_lists_say_when_something_comes_and_goes(editor, site):
    now = timezone.now()
    factories.make(Page, title_de="Bald", publish_from=now + timedelta(days=3))
    factories.make(Page, title_de="Noch", publish_until=now + timedelta(days=3))
    factories.make(Page, title_de="Vorbei", publish_until=now - timedelta(days=3))
    said = text(editor.get("/admin/portal/page/"))
    assert "geplant" in said
    assert "läuft ab am" in said
    assert "abgelaufen am" in said


def test_a_text_without_german_or_with_a_gap_stays_a_draft(editor, site):
    page = factories.make(Page, status="draft", lead_ar="مرحبا")
    data = {**opened(editor, page), "status": "published"}
    response = editor.post(path(page), data)
    assert "lead_de" in response.context["adminform"].form.errors
    assert "steht nur auf Arabisch" in text(response)
    response = editor.post(path(page), {**data, "lead_de": "TODO: schreiben"})
    assert "Hier steht noch „TODO“" in text(response)
    assert "steht nur auf Arabisch" in text(act(editor, "publish", page))
    page.refresh_from_db()
    assert page.status == "draft"
    assert editor.post(path(page), {**data, "lead_de": "Willkommen"}).status_code == 302


def test_a_part_with_a_gap_keeps_the_whole_a_draft(editor, site):
    office = factories.make_office(status="draft")
    task = factories.make_task(office, title_de="Beraten", text_de="TODO", title_ar=None)
    data = {**opened(editor, office), "status": "published"}
    assert "Aufgabe, Erläuterung: Hier steht noch „TODO“" in text(editor.post(path(office), data))
    assert "Hier steht noch „TODO“" in text(act(editor, "publish", office))
    office.refresh_from_db()
    assert office.status == "draft"
    gone = {**data, "tasks-0-DELETE": "on"}
    assert editor.post(path(office), {**data, "tasks-0-text_de": "Fertig"}).status_code == 302
    task.refresh_from_db()
    assert task.text_de == "Fertig"
    office.status = "draft"
    office.save()
    task.text_de = "TODO"
    task.save()
    assert editor.post(path(office), {**gone, "_seen": opened(editor, office)["_seen"]}).status_code == 302


def test_handing_in_leaves_what_is_public_alone(editor, site):
    draft, public = factories.make(Page, status="draft"), factories.make(Page)
    act(editor, "hand_in", draft, public)
    draft.refresh_from_db()
    public.refresh_from_db()
    assert (draft.status, public.status) == ("review", "published")


def test_a_cell_of_a_list_publishes_nothing_unread_either(editor, two_readers, monkeypatch):
    page = factories.make(Page, status="draft")
    save(editor, page, title_de="Neu")
    monkeypatch.setattr(admin.site._registry[Page], "list_editable", ("status",))
    data = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": page.pk, "form-0-status": "published"}
    editor.post("/admin/portal/page/", {**data, "_save": "Sichern"})
    page.refresh_from_db()
    assert page.status == "draft"


def test_nothing_in_review_is_public(client, site):
    page = factories.make(Page, status="review")
    assert client.get(page.get_absolute_url()).status_code == 404


def test_many_texts_that_nobody_here_has_written_are_published_at_once(editor, two_readers):
    with recording():
        for _number in range(3):
            factories.make(Page, status="draft")
    assert "3 Einträge veröffentlicht" in text(act(editor, "publish", *Page.objects.all()))


def test_what_others_point_to_is_named_and_may_be_archived(editor, site):
    parent = factories.make(Page, title_de="Oben")
    factories.make(Page, title_de="Darunter", parent=parent)
    said = editor.get(path(parent, "delete"))
    assert "lässt sich nicht löschen, weil anderes darauf zeigt" in text(said)
    assert "Darunter" in text(said)
    assert "Stattdessen archivieren" in said.content.decode()
    assert editor.post(path(parent, "delete"), {"_archive": "1"}).status_code == 302
    parent.refresh_from_db()
    assert parent.status == "archived"


def test_what_loses_its_pointer_is_named_before_deleting(editor, site):
    office = factories.make_office()
    factories.make_publication(title_de="Unser Bericht", office=office)
    said = text(editor.get(path(office, "delete")))
    assert "bleibt danach eine Stelle leer" in said
    assert "Unser Bericht" in said


def test_services_follow_the_same_rule(editor, two_readers):
    service = factories.make_service(status="draft")
    save(editor, service, lead_de="Neu")
    act(editor, "publish", service)
    assert Service.objects.get().status == "draft"
