"""Staff at work: what a member of Redaktion can do, sees, and is told."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from integration.events.models import Event
from integration.offices.models import Office, WorkingGroup
from integration.projects.models import Project
from integration.publications.models import Publication
from integration.topics.models import Term
from portal.models import Link, Notice, Page, SiteProfile, TopTask
from tests import factories
from tests.conftest import form_data, log_in

pytestmark = pytest.mark.django_db


def add(client, model, **values):
    """Fills in the form for a new entry as an editor would, and saves it."""
    path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"
    data = {**form_data(client.get(path).content.decode()), **values}
    response = client.post(path, data)
    assert response.status_code == 302, response.context["errors"]
    return model.objects.order_by("-pk").first()


def change(client, row, **values):
    path = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
    response = client.post(path, {**form_data(client.get(path).content.decode()), **values})
    assert response.status_code == 302, response.context["errors"]
    row.refresh_from_db()


def inline(prefix, *rows):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in {"order": number, **row}.items()}
    return data


def test_an_editor_enters_a_new_office_completely(editor):
    """A sixth office, never seen before, without code and without a superuser."""
    add(
        editor, SiteProfile, name_de="Landkreis Neuland", kind="district", land="NI", title_de="Zusammen in Neuland",
        title_ar="معًا في نويلاند", lead_de="Willkommen.", introduction_de="<p>Wer wir sind</p>", email="info@example.org",
        phone="030 23125-300", street="Weg 1", postal_code="12345", city="Neustadt", representative="der Landrat",
        logo=SimpleUploadedFile("logo.png", factories.png()), logo_alt_de="Wappen", colour="#00538a",
    )  # fmt: skip
    topic = add(editor, Term, vocabulary="topic", title_de="Sport", title_ar="رياضة")
    project = add(
        editor, Project, title_de="Schwimmkurs", status="published", topics=[topic.pk],
        **inline("partners", {"name": "Sportverein", "url": "https://example.org/"}),
    )  # fmt: skip
    report = add(
        editor, Publication, title_de="Bericht 2024", kind="report", year=2024, status="published",
        **{"files-TOTAL_FORMS": 1, "files-0-language": "de", "files-0-accessibility": "partly",
           "files-0-file": SimpleUploadedFile("b.pdf", factories.PDF)},
    )  # fmt: skip
    event = add(
        editor, Event, title_de="Fest", kind="event", status="published",
        starts_at_0="05.03.2099", starts_at_1="18:00", ends_at_0="05.03.2099", ends_at_1="20:00",
    )  # fmt: skip
    add(editor, Page, title_de="Beratung vor Ort", slug="beratung", status="published", in_menu="on",
        **inline("sections", {"title_de": "Gut zu wissen", "body_de": "<p>Text</p>"}))  # fmt: skip
    unit = add(editor, Office, title_de="Fachstelle", kind="unit", status="published")
    office = add(
        editor, Office, title_de="Koordinierungsstelle", title_ar="مكتب التنسيق", kind="coordination", status="published",
        parent=unit.pk, founded_year=2016, funded_since=2017, funding_de="Land", funding_guideline_de="Richtlinie",
        topics=[topic.pk], no_advice="on", advice_link="/beratung/", tasks_heading_de="Unsere Aufgaben",
        verified_on="23.10.2024", machine_translated=["ar"],
        **inline("tasks", {"title_de": "Vernetzen", "title_ar": "التشبيك", "projects": [project.pk],
                           "publications": [report.pk], "events": [event.pk]}, {"title_de": "Informieren"}),
        **inline("contacts", {"role_de": "Ehrenamt", "phone": "030 23125-301"}),
        **inline("working_groups", {"title_de": "Arbeitskreis Sport"}),
        **inline("diagrams", {"title_de": "Wer macht was", "alt_de": "Vier Kästen", "description_de": "<ul><li>A</li></ul>",
                              "image": SimpleUploadedFile("s.png", factories.png())}),
        **inline("links", {"title_de": "BAMF", "link": "https://www.bamf.de/"}),
    )  # fmt: skip
    change(
        editor, WorkingGroup.objects.get(), **inline("meetings", {"starts_at_0": "05.03.2099", "starts_at_1": "18:00"})
    )
    add(editor, TopTask, title_de="Beratung", icon="info", link="/beratung/", order=1)
    add(editor, Notice, text_de="Neu!", level="info", link="/beratung/", link_text_de="Mehr", status="published")
    add(editor, Link, title_de="Bundesamt", url="https://www.bamf.de/", order=1)

    visitor = editor.__class__()
    html = visitor.get("/de/stellen/koordinierungsstelle/").content.decode()
    for expected in ("Landkreis Neuland", "Fachstelle", "2016", "2017", "Richtlinie", "Sport", "keine Beratungsstelle",
                     "/de/beratung/", "Unsere Aufgaben", "Vernetzen", "Informieren", "/de/projekte/schwimmkurs/", "Bericht 2024",
                     "Fest", "Ehrenamt", "Arbeitskreis Sport", "5. März 2099", "Wer macht was", "Vier Kästen", "BAMF",
                     "23. Oktober 2024", "Neu!", "Bundesamt"):  # fmt: skip
        assert expected in html, expected
    arabic = visitor.get("/ar/stellen/koordinierungsstelle/").content.decode()
    assert "مكتب التنسيق" in arabic
    assert "التشبيك" in arabic
    assert visitor.get("/logo")["Content-Type"] == "image/png"
    assert "Gut zu wissen" in visitor.get("/de/beratung/").content.decode()
    assert visitor.get(office.diagrams.get().get_image_url()).status_code == 200


def test_a_draft_can_be_previewed_in_every_language_by_staff_only(editor, site):
    office = factories.make_office(status="draft", title_de="Entwurf", title_ar="مسودة")
    factories.make_diagram(office)
    path = f"/admin/offices/office/{office.pk}/vorschau"
    assert "Vorschau" in editor.get(f"/admin/offices/office/{office.pk}/change/").content.decode()

    arabic = editor.get(f"{path}/ar/").content.decode()
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "<h1>مسودة</h1>" in arabic
    assert f'href="{path}/fr/"' in arabic
    assert "/admin/dateien/diagram/" in arabic  # the picture, which the public cannot see yet

    editor.logout()
    assert editor.get(f"{path}/ar/").status_code == 302
    assert editor.get(office.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("model", [Page, Office, Project, Publication, Event])
def test_every_content_can_be_previewed(editor, site, model):
    row = factories.make(model, status="draft", **({"starts_at": timezone.now()} if model is Event else {}))
    url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/vorschau/de/"
    assert str(row) in editor.get(url).content.decode()
    assert editor.get(url.replace("/de/", "/xx/")).status_code == 302


def test_saving_never_touches_the_date_of_verification(editor, site):
    office = factories.make_office()
    change(editor, office, lead_de="Neuer Text")
    assert office.verified_on is None
    editor.post("/admin/offices/office/", {"action": "mark_verified", "_selected_action": [office.pk]})
    office.refresh_from_db()
    assert office.verified_on == timezone.localdate()
    assert office.review_due == timezone.localdate() + timedelta(days=365)


def test_publishing_and_archiving_by_list_action(editor, site):
    office = factories.make_office(status="draft")
    for action, status in (("publish", "published"), ("archive", "archived")):
        editor.post("/admin/offices/office/", {"action": action, "_selected_action": [office.pk]})
        office.refresh_from_db()
        assert office.status == status


def test_forms_speak_german_and_mark_languages_and_directions(editor, site):
    html = editor.get("/admin/offices/office/add/", headers={"accept-language": "en"}).content.decode()
    assert "Sichern" in html
    assert (
        'dir="rtl"'
        in html.split('id="id_title_ar"')[0].rsplit("<input", 1)[1] + html.split('id="id_title_ar"')[1].split(">")[0]
    )
    assert "(Arabisch)" in html
    assert "Nur „Veröffentlicht“ ist öffentlich zu sehen." in html
    assert "googleapis" not in html


def test_a_missing_german_title_is_explained(editor, site):
    path = "/admin/offices/office/add/"
    data = form_data(editor.get(path).content.decode())
    response = editor.post(path, {**data, "title_en": "Only English", "kind": "unit"})
    assert response.status_code == 200
    assert "title_de" in response.context["adminform"].form.errors
    assert 'value="Only English"' in response.content.decode()


def test_what_a_constraint_forbids_is_explained_in_the_form(editor, site):
    path = "/admin/offices/office/add/"
    data = form_data(editor.get(path).content.decode())
    values = {"title_de": "A", "publish_from_0": "02.01.2030", "publish_from_1": "12:00",
              "publish_until_0": "01.01.2030", "publish_until_1": "12:00",
              **inline("contacts", {"role_de": "Ohne Kontakt"})}  # fmt: skip
    html = editor.post(path, {**data, **values}).content.decode()
    assert "muss nach „sichtbar ab“ liegen" in html
    assert "Bitte Telefon oder E-Mail angeben" in html


def test_deleting_what_others_point_to_is_refused_with_their_names(editor, site):
    parent = factories.make_page(title_de="Oben")
    factories.make_page(title_de="Unten", parent=parent)
    html = editor.post(f"/admin/portal/page/{parent.pk}/delete/", {"post": "yes"}).content.decode()
    assert "Unten" in html
    assert Page.objects.filter(pk=parent.pk).exists()


def test_editors_cannot_reach_accounts_or_the_laender(editor, site):
    for path in ("auth/user/", "auth/group/", "portal/federalstate/", "portal/barrierreport/", "post_office/email/"):
        assert editor.get(f"/admin/{path}").status_code == 403, path


def test_administrators_manage_accounts_but_cannot_become_almighty(administrator, site):
    root = User.objects.create_superuser("root", password="ein-langes-Passwort")
    assert administrator.get("/admin/auth/user/").status_code == 200
    assert administrator.get(f"/admin/auth/user/{root.pk}/change/").status_code == 200  # to look at
    assert administrator.post(f"/admin/auth/user/{root.pk}/change/", {"username": "x"}).status_code == 403

    me = User.objects.get(username="administration")
    path = f"/admin/auth/user/{me.pk}/change/"
    data = form_data(administrator.get(path).content.decode())
    assert "is_superuser" not in data
    groups = [group.pk for group in Group.objects.all()]
    administrator.post(path, {**data, "is_superuser": "on", "groups": groups})
    me.refresh_from_db()
    assert not me.is_superuser


def test_groups_get_their_rights_with_the_database_and_keep_what_was_added(db):
    editors = Group.objects.get(name="Redaktion")
    assert editors.permissions.filter(codename="change_office").exists()
    assert not editors.permissions.filter(codename__contains="barrierreport").exists()
    editors.permissions.remove(editors.permissions.get(codename="delete_office"))
    call_command("migrate", verbosity=0)
    assert editors.permissions.filter(codename="change_office").exists()


def test_the_admin_allows_no_inline_code_but_the_editors_own(editor, site):
    response = editor.get("/admin/offices/office/add/")
    policy = response["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy
    assert "'unsafe-eval'" not in policy
    assert "'nonce-" in policy


def test_forms_of_large_offices_can_be_saved(editor, site):
    office = factories.make_office()
    for number in range(25):
        factories.make_task(office, title_de=f"Aufgabe {number}", order=number)
    change(editor, office, lead_de="Neu")
    assert office.lead_de == "Neu"
    assert office.tasks.count() == 25


def test_looking_is_not_publishing(client, site):
    from django.contrib.auth.models import Permission

    guest = User.objects.create_user("gast", password="ein-langes-Passwort", is_staff=True)
    guest.user_permissions.add(Permission.objects.get(codename="view_office"))
    log_in(client, guest)
    office = factories.make_office(status="draft")
    client.post("/admin/offices/office/", {"action": "publish", "_selected_action": [office.pk]})
    office.refresh_from_db()
    assert office.status == "draft"


def test_a_link_to_a_page_that_does_not_exist_is_refused_in_the_form(editor, site):
    path = "/admin/portal/toptask/add/"
    data = {**form_data(editor.get(path).content.decode()), "title_de": "A", "icon": "info"}
    assert "gibt es im Portal nicht" in editor.post(path, {**data, "link": "/gibt-es-nicht/"}).content.decode()
    factories.make_page(slug="gibt-es-nicht")
    assert editor.post(path, {**data, "link": "/gibt-es-nicht/"}).status_code == 302


def test_a_colour_that_is_none_is_explained(editor, site):
    path = "/admin/portal/siteprofile/1/change/"
    response = editor.post(path, {**form_data(editor.get(path).content.decode()), "colour": "rot"})
    assert "sechs Ziffern" in response.content.decode()


def test_a_row_can_be_saved_when_its_file_is_gone(editor, site):
    publication = factories.make_publication()
    file = factories.make_file(publication)
    file.file.storage.delete(file.file.name)
    change(editor, publication, summary_de="Neu")
    assert publication.summary_de == "Neu"


def test_the_preview_only_answers_to_looking(editor, site):
    office = factories.make_office()
    assert editor.post(f"/admin/offices/office/{office.pk}/vorschau/de/").status_code == 405


@pytest.mark.parametrize("name", ["%00.pdf", "a" * 300 + ".pdf", "x.pdf/y.pdf"])
def test_strange_file_names_are_not_found(editor, site, name):
    factories.make_file(factories.make_publication())
    assert editor.get(f"/admin/dateien/{name}").status_code == 404


def test_a_link_in_a_text_that_leads_nowhere_is_named(editor, site):
    path = "/admin/portal/page/add/"
    data = {**form_data(editor.get(path).content.decode()), "title_de": "A"}
    body = '<p><a href="/stellen/">gut</a> <a href="/de/gibt-es-nicht/">schlecht</a></p>'
    html = editor.post(path, {**data, "body_de": body}).content.decode()
    assert "Diese Links führen ins Leere: /de/gibt-es-nicht/" in html
    factories.make_page(slug="gibt-es-nicht")
    assert editor.post(path, {**data, "body_de": body}).status_code == 302


def test_two_files_in_one_language_are_explained(editor, site):
    publication = factories.make_publication()
    factories.make_file(publication)
    path = f"/admin/publications/publication/{publication.pk}/change/"
    data = form_data(editor.get(path).content.decode())
    second = {
        "files-1-language": "de",
        "files-1-accessibility": "unknown",
        "files-1-file": SimpleUploadedFile("b.pdf", factories.PDF),
    }
    assert "nur eine Datei geben" in editor.post(path, {**data, **second}).content.decode()


def test_choosing_a_land_whose_bodies_are_missing_is_pointed_out(editor, site):
    path = "/admin/portal/siteprofile/1/change/"
    response = editor.post(path, {**form_data(editor.get(path).content.decode()), "land": "HE"}, follow=True)
    assert "Für Hessen ist noch keine Schlichtungs- oder Ombudsstelle" in response.content.decode()


# The first days: what a new colleague stumbled over --------------------------------------------------


def test_only_what_readers_can_see_has_a_link_to_the_site(editor, site):
    office = factories.make_office(status="draft")
    report = factories.make_publication(status="draft")
    factories.make_file(report)
    form = f"/admin/offices/office/{office.pk}/change/"
    assert "Auf der Website anzeigen" not in editor.get(form).text
    assert "Auf der Website anzeigen" not in editor.get(f"/admin/publications/publication/{report.pk}/change/").text
    Office.objects.update(status="published")
    assert "Auf der Website anzeigen" in editor.get(form).text
    Office.objects.update(publish_from=timezone.now() + timedelta(days=1))
    assert "Auf der Website anzeigen" not in editor.get(form).text


def test_the_log_says_in_plain_words_what_was_changed(editor, site):
    office = factories.make_office()
    factories.make_task(office)
    change(editor, office, title_ar="مكتب", **{"tasks-0-title_de": "Zuhören"})
    html = editor.get(f"/admin/offices/office/{office.pk}/history/").text
    assert "Titel (Arabisch) geändert. Aufgabe (Deutsch) für Aufgabe „Zuhören“ geändert." in html
    assert "language-name" not in html


def test_what_goes_with_a_deletion_is_named_and_rows_that_only_join_are_not(editor, site):
    office = factories.make_office()
    office.topics.add(factories.make_topic())
    factories.make_task(office, title_de="Zuhören")
    for html in (
        editor.get(f"/admin/offices/office/{office.pk}/delete/").text,
        editor.post("/admin/offices/office/", {"action": "delete_selected", "_selected_action": [office.pk]}).text,
    ):
        assert "Aufgabe: Zuhören" in html and "Aufgaben: 1" in html
        assert "Office_topics" not in html and "Office-term" not in html
    editor.post(f"/admin/offices/office/{office.pk}/delete/", {"post": "yes"})
    assert not Office.objects.exists()


def test_who_is_responsible_is_chosen_by_name(editor, site):
    User.objects.create_user("akaya", first_name="Ayşe", last_name="Kaya", is_staff=True)
    html = editor.get("/admin/offices/office/add/").text
    assert ">Ayşe Kaya</option>" in html and ">akaya</option>" not in html


def test_names_of_fields_begin_with_a_capital_in_every_language(editor, site):
    html = editor.get("/admin/wegweiser/service/add/").text
    assert "In einem Satz <span class='language-name'>(Deutsch)</span>" in html
    assert "Maschinell übersetzt" in html
    assert "in einem Satz <span" not in html


@pytest.mark.parametrize("typed", ["9", "9.00", "9:00", "09:00:00"])
def test_a_time_may_be_typed_as_people_write_it(editor, site, typed):
    office = factories.make_office(status="draft")
    change(editor, office, status="published", publish_from_0="1.12.2026", publish_from_1=typed)
    assert f"{timezone.localtime(office.publish_from):%d.%m.%Y %H:%M}" == "01.12.2026 09:00"


def test_what_is_no_time_and_no_date_is_answered_with_an_example(editor, site):
    path = f"/admin/offices/office/{factories.make_office().pk}/change/"
    data = form_data(editor.get(path).content.decode())
    html = editor.post(path, {**data, "publish_from_0": "morgen", "publish_from_1": "neun"}).text
    assert "zum Beispiel 31.12.2026" in html and "zum Beispiel 9:00" in html


def test_versions_have_their_own_page_of_the_handbook(editor, site):
    office = factories.make_office()
    for page in (f"{office.pk}/history/", "geloescht/"):
        assert 'href="/admin/handbuch/versionen/"' in editor.get(f"/admin/offices/office/{page}").text
    assert 'href="/admin/handbuch/stelle-anlegen/"' in editor.get(f"/admin/offices/office/{office.pk}/change/").text
