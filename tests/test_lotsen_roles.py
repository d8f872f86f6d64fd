"""Who sees volunteers and those who ask for company: the coordination, and nobody else, at any address of the portal."""

import logging
import re
import uuid
from itertools import product

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone
from post_office.models import Email

from integration.wegweiser.models import Municipality
from lotsen import mails
from lotsen.models import Assignment, Attendance, Disclosure, KindOfHelp, Note, Training, Volunteer
from portal.groups import ADMINISTRATORS, COORDINATORS, EDITORS
from tests.conftest import log_in, staff
from tests.factories import (
    make_event,
    make_kind,
    make_location,
    make_lotsen_page,
    make_municipality,
    make_office,
    make_request,
    make_requirement,
    make_service,
    make_volunteer,
)
from tests.routes import routes

pytestmark = pytest.mark.django_db

# Of a volunteer and of who asks: name, mail, phone, and what they have written.
MARKERS = ("Volunteera", "Requestera", "m4rker", "23125-7391", "Geheimnis-7391")


@pytest.fixture(autouse=True)
def persons(site):
    kind, place = make_kind(title_de="Begleitung"), make_municipality(name="Hinterdorf")
    make_lotsen_page()
    make_office(title_de="Beratung")
    make_service(make_location(municipality=place), title_de="Beratung")
    volunteer = make_volunteer(
        name="Amal Volunteera", email="m4rker-a@example.org", phone="030 23125-7391", message="Geheimnis-7391", kinds=[kind],
        areas=[place], municipality=place, stage="active", objection="Geheimnis-7391", languages={"ar": "C1"},
    )  # fmt: skip
    asked = make_request(
        name="Ben Requestera", email="m4rker-b@example.org", phone="030 23125-7391", note="Geheimnis-7391", kind=kind,
        municipality=place, status="matched", institution="Requestera-Schule",
    )  # fmt: skip
    Note.objects.create(volunteer=volunteer, text="Geheimnis-7391")
    Disclosure.objects.create(volunteer=volunteer, what="Geheimnis-7391", to="Requestera-Schule")
    Assignment.objects.create(request=asked, volunteer=volunteer, status="accepted", invited_until=timezone.now())
    training = Training.objects.create(event=make_event(title_de="Beratung"), requirement=make_requirement())
    Attendance.objects.create(training=training, volunteer=volunteer)
    mails.send("welcome", volunteer)
    mails.queue(asked, "Mit Ihnen geht Amal Volunteera", "Telefon 030 23125-7391")
    mails.tell_coordinator("Neue Anmeldung", volunteer.reference)
    return volunteer, asked


def addresses(persons):
    """Each with the persons' own numbers in its holes, and with the rows that they point to."""
    someone = [str(person.pk) for person in persons]
    personal = {"lotsen", "post_office"}
    for route in sorted(set(routes())):
        holes = re.findall(r"<(\w+)>", route)
        model = re.match(r"admin/(\w+)/(\w+)/", route)
        rows = []
        if model and model[2] in apps.all_models[model[1]]:
            manager = apps.get_model(model[1], model[2])._base_manager
            rows = [str(pk) for pk in manager.values_list("pk", flat=True)[: 3 if model[1] in personal else 1]]
        fillings = {
            "app_label": ["lotsen", "wegweiser"],
            "language": ["de"],
            "slug": ["beratung"],
            "content_type_id": ["1"],
        }
        choices = [fillings.get(hole) or rows or someone for hole in holes]
        for values in product(*choices):
            address = route
            for hole, value in zip(holes, values, strict=True):
                address = address.replace(f"<{hole}>", value, 1)
            yield "/" + address


def said(response):
    """All that goes to the browser; a table of contents or a PDF as it is."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace") + str(list(response.items()))


def seen(client, persons):
    """At which addresses something of the persons is to be read."""
    found = set()
    for address in addresses(persons):
        if re.search(r"/(logout|password_change|resend)/|/dev_login", address):
            continue
        response = client.get(address)
        assert response.status_code < 500, address
        text = said(response)
        found |= {address for marker in MARKERS if marker.lower() in text.lower()}
    return found


def browser(group):
    client = Client()
    if group:
        log_in(client, staff(group.lower(), group))
    return client


def test_the_walk_goes_everywhere(persons):
    volunteer, asked = persons
    walked = set(addresses(persons))
    for address in (
        "/", "/de/", "/de/lotsen/", "/de/suche/", "/sitemap.xml", "/de/wegweiser/beratung/", "/de/stellen/beratung/", "/admin/", "/admin/lotsen/",
        "/admin/lotsen/volunteer/", f"/admin/lotsen/volunteer/{volunteer.pk}/change/", "/admin/autocomplete/",
        f"/admin/lotsen/volunteer/{volunteer.pk}/auskunft.json", f"/de/lotsen/bestaetigen/{asked.pk}/",
        f"/admin/post_office/email/{Email.objects.first().pk}/change/",
        f"/admin/wegweiser/municipality/{Municipality.objects.first().pk}/delete/",
    ):  # fmt: skip
        assert address in walked, address
    for model in admin.site._registry:
        assert f"/admin/{model._meta.app_label}/{model._meta.model_name}/" in walked


@pytest.mark.parametrize("group", ["", EDITORS, ADMINISTRATORS])
def test_nobody_else_sees_any_of_it(persons, group, caplog):
    caplog.set_level(logging.INFO)
    assert seen(browser(group), persons) == set()
    for marker in MARKERS:
        assert marker.lower() not in caplog.text.lower()


def test_the_coordination_sees_it_and_leaves_no_trace_elsewhere(persons, caplog):
    caplog.set_level(logging.INFO)
    volunteer, _asked = persons
    client = browser(COORDINATORS)
    found = seen(client, persons)
    own = f"/admin/lotsen/volunteer/{volunteer.pk}/"
    assert {"/admin/lotsen/volunteer/", f"{own}change/", f"{own}auskunft/", f"{own}auskunft.json"} <= found
    private = Email.objects.filter(headers__Sensitivity="Private")
    assert {f"/admin/post_office/email/{mail.pk}/change/" for mail in private} <= found
    assert all(address.startswith("/admin/") for address in found)
    for path in ("/admin/", "/admin/lotsen/", f"{own}history/"):
        assert path not in found
    client.post(f"{own}kontakt/")
    client.post("/admin/lotsen/volunteer/", {"action": "export_csv", "_selected_action": [str(volunteer.pk)]})
    for marker in MARKERS:
        assert marker.lower() not in caplog.text.lower()
        for entry in LogEntry.objects.all():
            assert marker not in f"{entry.object_repr} {entry.change_message}"


def test_persons_are_in_no_table_of_the_search():
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if "search" in name]
        assert tables
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            text = str(cursor.fetchall())
            for marker in MARKERS:
                assert marker not in text


@pytest.mark.parametrize("group", [EDITORS, ADMINISTRATORS])
def test_no_list_of_choices_tells_names(persons, group):
    """Django's autocompletion, for each field that points to a person."""
    client = browser(group)
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and getattr(field.related_model, "for_coordinators", False):
                asked = {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                }
                response = client.get("/admin/autocomplete/", {**asked, "term": "a"})
                assert response.status_code in {403, 404}, asked  # 404: nobody can search there


@pytest.mark.parametrize("model", [Municipality, KindOfHelp])
def test_whoever_deletes_what_persons_need_reads_no_names(model):
    if not admin.site.is_registered(model):
        pytest.skip("no page for it")
    client = browser(EDITORS)
    row = model.objects.filter(
        pk__in=Volunteer.objects.values("municipality" if model is Municipality else "kinds")
    ).get()
    url = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for response in (
        client.get(f"{url}{row.pk}/delete/"),
        client.post(f"{url}{row.pk}/delete/", {"post": "yes"}),
        client.post(url, {"action": "delete_selected", "_selected_action": [str(row.pk)]}),
        client.post(url, {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}),
    ):
        assert not any(marker in said(response) for marker in MARKERS)
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("group", [EDITORS, ADMINISTRATORS, ""])
def test_nobody_else_can_do_anything_to_them(persons, group):
    volunteer, _asked = persons
    client = browser(group)
    url = "/admin/lotsen/volunteer/"
    for address, data in [
        (f"{url}{volunteer.pk}/stand/", {"stage": "left", "before": "active", "sure": "1"}),
        (f"{url}{volunteer.pk}/kontakt/", {}),
        (f"{url}suche/", {"q": "Volunteera"}),
        (f"{url}{volunteer.pk}/delete/", {"post": "yes"}),
        (f"{url}{volunteer.pk}/change/", {"name": "Anders"}),
        (url, {"action": "delete_selected", "_selected_action": [str(volunteer.pk)], "post": "yes"}),
        (url, {"action": "export_csv", "_selected_action": [str(volunteer.pk)]}),
    ]:
        response = client.post(address, data)
        assert response.status_code in {302, 403}
        if response.status_code == 302:
            assert "/login/" in response["Location"]
    volunteer.refresh_from_db()
    assert (volunteer.name, volunteer.stage) == ("Amal Volunteera", "active")
    assert not LogEntry.objects.filter(action_flag=CHANGE).exists()


def test_who_manages_the_portal_sees_only_mails_without_persons(persons):
    client = browser(ADMINISTRATORS)
    html = client.get("/admin/post_office/email/").content.decode()
    assert "Neue Anmeldung" in html
    assert "m4rker" not in html
    private = Email.objects.filter(headers__Sensitivity="Private").first()
    for address in ("change", "history", "delete", "preview", "resend"):
        response = client.get(f"/admin/post_office/email/{private.pk}/{address}/")
        assert response.status_code in {302, 403, 404}
        assert "m4rker" not in said(response)
    searched = client.get("/admin/post_office/email/", {"q": "Volunteera"}).content.decode()
    assert "Mit Ihnen geht" not in searched


def test_numbers_that_do_not_exist_are_no_error(persons):
    client = browser(COORDINATORS)
    for wrong in (uuid.uuid4(), "quatsch", "0"):
        for address in ("change", "delete", "history", "auskunft"):
            assert client.get(f"/admin/lotsen/volunteer/{wrong}/{address}/").status_code in {302, 404}
        assert client.post(f"/admin/lotsen/volunteer/{wrong}/change/", {}).status_code in {302, 404}
