"""Who did what: noted as it happens, readable for who manages the portal, changeable for nobody."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from lotsen.models import Volunteer
from portal.groups import ADMINISTRATORS, EDITORS
from portal.models import Page
from portal.versions import audit
from portal.versions.models import AuditEntry, Unchangeable
from tests import factories
from tests.conftest import form_data, log_in, staff
from tests.test_versions import path, save
from tests.test_wegweiser_import import bring, csv

pytestmark = pytest.mark.django_db

LOG = "/admin/versions/auditentry/"


def noted(action=None):
    entries = AuditEntry.objects.order_by("pk")
    return list(entries.filter(action=action) if action else entries)


def test_logging_in_and_out_and_failing_is_noted(db, site):
    staff("redaktion", EDITORS)
    client = Client()
    client.post("/admin/login/", {"username": "redaktion", "password": "falsch"})
    client.post("/admin/login/", {"username": "mein-geheimes-passwort", "password": "x"})
    client.post("/admin/login/", {"username": "redaktion", "password": "ein-langes-Passwort"})
    client.post("/admin/logout/")
    assert [(x.action, x.user_name) for x in noted()] == [
        ("login_failed", "redaktion"),
        ("login_failed", ""),
        ("login", "redaktion"),
        ("logout", "redaktion"),
    ]
    assert "geheim" not in json.dumps([x.details for x in noted()])


def test_the_second_factor_tells_of_itself(client, db):
    user = staff("redaktion", EDITORS)
    log_in(client, user)
    session = client.session
    del session["otp_device_id"]
    session.save()
    device = StaticDevice.objects.get(user=user)
    StaticToken.objects.create(device=device, token="abcd2345")
    client.post("/admin/anmeldung/bestaetigen/", {"code": "abcd-2345"})
    client.post("/admin/anmeldung/ersatzcodes/")
    client.post("/admin/anmeldung/bestaetigen/", {"code": "falsch23"})
    was = [x.details["was"] for x in noted() if x.action == audit.Action.SECOND_FACTOR]
    assert was == ["bestätigt", "neue Ersatzcodes", "falscher Code"]
    assert "abcd2345" not in json.dumps([x.details for x in noted()])


def test_contents_settings_and_their_state_are_noted(administrator, site):
    page = factories.make(Page, status="draft", title_de="Seite")
    save(administrator, page, title_de="Neu", status="published")
    save(administrator, site, city="Neustadt")
    administrator.post(path(page, "delete"), {"post": "yes"})
    assert [(x.action, x.title) for x in noted() if x.action != "login"] == [
        ("change", "Neu"),
        ("publish", "Neu"),
        ("settings", "Landkreis Testland"),
        ("delete", "Neu"),
    ]
    assert noted("change")[0].details == {"Felder": ["Titel (Deutsch)", "Zustand"]}


def test_rights_and_passwords_are_noted(administrator, site):
    User.objects.update(is_superuser=True)
    other = staff("neu", EDITORS)
    data = form_data(administrator.get(f"/admin/auth/user/{other.pk}/change/").content.decode())
    group = Group.objects.get(name=ADMINISTRATORS)
    assert administrator.post(f"/admin/auth/user/{other.pk}/change/", {**data, "groups": [group.pk]}).status_code == 302
    assert {json.dumps(x.details, ensure_ascii=False) for x in noted("account")} == {
        '{"dazu": ["Administration"]}',
        '{"weg": ["Redaktion"]}',
    }
    new = {"password1": "ein-anderes-Passwort", "password2": "ein-anderes-Passwort", "usable_password": "true"}
    administrator.post(f"/admin/auth/user/{other.pk}/password/", new)
    assert noted("password")[0].title == "neu"
    assert "ein-anderes" not in str(noted("password")[0].details)


def test_exports_are_noted(editor, site):
    factories.make_service()
    editor.post("/admin/wegweiser/service/export/", {"format": "csv"})
    assert noted("export")[0].details == {"Einträge": 1}


def test_of_persons_there_is_only_the_number(coordinator, site):
    volunteer = factories.make_volunteer(name="Leyla Sommer")
    coordinator.get(f"/admin/lotsen/volunteer/{volunteer.pk}/auskunft/")
    assert noted("export")[0].object_id == volunteer.reference
    coordinator.post(f"/admin/lotsen/volunteer/{volunteer.pk}/delete/", {"post": "yes"})
    assert not Volunteer.objects.exists()
    assert [x.action for x in noted()][-2:] == ["export", "erase"]
    assert "Sommer" not in json.dumps(list(AuditEntry.objects.values("title", "details", "kind")))


def test_the_log_only_grows(administrator, db):
    audit.note(audit.Action.IMPORT, kind="x")
    entry = noted("import")[0]
    with pytest.raises(Unchangeable):
        entry.save()
    with pytest.raises(Unchangeable):
        entry.delete()
    with pytest.raises(Unchangeable):
        AuditEntry.objects.all().delete()
    with pytest.raises(Unchangeable):
        AuditEntry.objects.update(kind="y")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE versions_auditentry SET kind = 'y'")
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM versions_auditentry")
    assert AuditEntry.objects.get(pk=entry.pk).kind == "x"


def test_not_even_who_may_do_everything_changes_it(client, db):
    boss = User.objects.create_superuser("chefin", "chefin@example.org", "ein-langes-Passwort")
    log_in(client, boss)
    entry = noted()[0]
    assert client.post(f"{LOG}{entry.pk}/change/", {"kind": "y"}).status_code == 403
    assert client.post(f"{LOG}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LOG}add/").status_code == 403


def test_only_administration_reads_it(editor, administrator, coordinator, db):
    """The last of them is logged in."""
    assert coordinator.get(LOG).status_code == 403
    log_in(coordinator, User.objects.get(username="redaktion"))
    assert coordinator.get(LOG).status_code == 403
    assert coordinator.post(f"{LOG}protokoll.csv").status_code == 403
    log_in(coordinator, User.objects.get(username="administration"))
    assert coordinator.get(LOG).status_code == 200


def test_it_can_be_filtered_and_taken_along(administrator, db):
    audit.note(audit.Action.IMPORT, kind="=Wegweiser", neu=3)
    html = administrator.get(f"{LOG}?action__exact=import").content.decode()
    assert "neu: 3" in html
    assert administrator.get(f"{LOG}?wer=administration").status_code == 200
    response = administrator.post(f"{LOG}protokoll.csv?action__exact=import")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "'=Wegweiser" in lines[1]
    assert noted("export")[0].details == {"Einträge": 1}


@pytest.mark.parametrize("query", ["post=yes", "at__gte=gestern", "kind__x=1"])
def test_with_a_filter_that_is_none_it_says_so_and_takes_nothing_along(administrator, db, query):
    response = administrator.post(f"{LOG}protokoll.csv?{query}", follow=True)
    assert "Diese Filter gibt es hier nicht." in response.text
    assert not noted("export")


def test_it_is_kept_twelve_months(db):
    audit.note(audit.Action.LOGIN)
    old = AuditEntry(action="login", at=timezone.now() - timedelta(days=400))
    old.save()
    call_command("forget_versions", verbosity=0)
    assert len(noted()) == 1


def test_the_log_asks_the_same_questions_for_many_entries(administrator, db):
    def queries():
        with CaptureQueriesContext(connection) as found:
            administrator.get(LOG)
        return len(found)

    for _number in range(10):
        audit.note(audit.Action.LOGIN)
    queries()  # once for what is remembered
    few = queries()
    for _number in range(85):
        audit.note(audit.Action.LOGIN)
    assert queries() == few


def test_a_bulk_action_notes_each(editor, site):
    pages = [factories.make(Page, status="draft") for _number in range(3)]
    editor.post("/admin/portal/page/", {"action": "publish", "_selected_action": [page.pk for page in pages]})
    assert len(noted("publish")) == 3


def test_an_import_is_one_entry(editor, site):
    bring(editor, csv(("Angebot", "Organisation"), ("A", "Träger"), ("B", "Träger")))
    (entry,) = noted("import")
    assert (entry.user_name, entry.details) == ("redaktion", {"neu": 2, "geändert": 0})
    assert not noted("add")
