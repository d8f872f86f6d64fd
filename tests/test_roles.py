"""Who may do what at which address: the table in docs/rollen.md, asked of every address of the admin."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models, transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from post_office.models import Email

from integration.wegweiser.models import ServiceCheck
from lotsen.models import Training
from portal import errors, handbook
from portal.accounts.middleware import OPEN
from portal.admin import Singleton
from portal.groups import ADMINISTRATORS, COORDINATORS, EDITORS, TRANSLATORS
from portal.models import Content, Page
from portal.translations.models import Translator
from portal.upkeep.links import checking
from portal.upkeep.models import OutsideLink
from tests import factories
from tests.conftest import log_in, staff
from tests.routes import routes

pytestmark = pytest.mark.django_db

ROLES = (EDITORS, TRANSLATORS, COORDINATORS, ADMINISTRATORS)
STANDARD = re.compile(r"admin/\w+/\w+/((add|<object_id>/(change|delete|history))/|<object_id>/)?$")
# What every kind of entry with versions has; `offered` asks these too.
OF_VERSIONS = re.compile(
    r"admin/\w+/\w+/((<object_id>/)?gegenlesen|<object_id>/versionen/<revision>(/vorschau/<language>)?|geloescht(/<revision>)?)/$"
)
# Parts of the admin itself, of whom each shows what the rest of the table allows.
FOR_ALL_STAFF = {
    "admin/", "admin/<app_label>/", "admin/<url>", "admin/autocomplete/", "admin/jsi18n/", "admin/login/", "admin/logout/",
    "admin/password_change/", "admin/password_change/done/", "admin/r/<content_type_id>/<object_id>/", "admin/dateien/<path>",
}  # fmt: skip
OF_ONES_OWN = ("admin/anmeldung/", "admin/passwort/")


def tables():
    """Those of the document with the roles side by side, as rows of cells; the first row is the heading."""
    text = (Path(__file__).parent.parent / "docs" / "rollen.md").read_text()
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        lines = [line.strip(" |").split(" | ") for line in block.splitlines()]
        if EDITORS in lines[0]:
            yield [[cell.strip() for cell in line] for line in lines if not set(line[0]) <= set("-|")]


def by_role(heading, cells):
    return {role: cells[heading.index(role)] for role in ROLES}


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch):
    """Who gets an answer is asked here, not what it looks like."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    monkeypatch.setattr(checking, "check", lambda url: checking.Answer(OutsideLink.State.WORKS, ""))
    monkeypatch.setattr(errors, "render_to_string", lambda *args, **kwargs: "")


@pytest.fixture
def rows(site):
    """One of each model that has pages."""
    factories.make_volunteer(stage="active")
    factories.make_request()
    factories.make_lotsen_page()
    factories.make_service(factories.make_location())
    Training.objects.create(event=factories.make_event(), requirement=factories.make_requirement())
    Email.objects.create(from_email="portal@example.org", to=["a@example.org"], subject="Barriere")
    staff("andere", EDITORS)
    factories.make_page(body_de='<p><a href="https://weg.example.org/">Dorthin</a></p>')
    OutsideLink.objects.update(state=OutsideLink.State.BROKEN)
    found = {model: model._base_manager.first() or simple(model) for model in admin.site._registry}
    ServiceCheck.objects.update(outcome="confirmed", answered_at=timezone.now())
    return found


def simple(model):
    """A row with something in each field that wants something."""
    if issubclass(model, Content):
        return factories.make(model)
    values = {"pk": 1} if isinstance(admin.site._registry.get(model), Singleton) else {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.AutoField):
            continue
        if field.name.endswith("_de") or not (field.null or field.blank or field.has_default()):
            if field.is_relation:
                values[field.name] = field.related_model._base_manager.first() or simple(field.related_model)
            elif field.choices:
                values[field.name] = field.choices[0][0]
            elif isinstance(field, models.CharField | models.TextField | models.FileField):
                values[field.name] = "x"
            elif isinstance(field, models.DateField):
                values[field.name] = "2026-01-01T00:00Z" if isinstance(field, models.DateTimeField) else "2026-01-01"
            else:
                values[field.name] = uuid4() if isinstance(field, models.UUIDField) else 1
    return model._base_manager.bulk_create([model(**values)])[0]


def clients():
    users = {role: staff(role.lower(), role) for role in ROLES}
    Translator.objects.create(user=users[TRANSLATORS], languages=["ar"])
    return {role: log_in(Client(), user) for role, user in users.items()}


def send(client, address, data):
    """And as if it had not been: the next one finds everything as it was."""
    with transaction.atomic():
        response = client.post(address, data)
        transaction.set_rollback(True)
    return response


def url(model, end=""):
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{end}"


def offered(client, model, row):
    """What somebody can do with a kind of entry. What he cannot do by a click he cannot do by sending it either."""
    one = url(model, f"{row.pk}/")
    entries, form = client.get(url(model)), client.get(f"{one}change/")
    can = {"ansehen"} if 200 in {entries.status_code, form.status_code} else set()
    if entries.status_code == 302 and entries["Location"] != f"{one}change/":  # a report instead of a list
        can |= {"ansehen"} if client.get(entries["Location"]).status_code == 200 else set()
    assert entries.status_code in ({200, 302} if can else {302, 403}), model
    assert client.get(f"{one}history/").status_code in ({200, 302, 404} if can else {302, 403, 404}), model
    if not can:
        for end in ("geloescht/", "geloescht/1/", f"{row.pk}/gegenlesen/", f"{row.pk}/versionen/1/"):
            assert client.get(url(model, end)).status_code in {302, 403, 404}, (model, end)
            assert send(client, url(model, end), {"post": "yes"}).status_code in {302, 403, 404, 405}, (model, end)
    if form.status_code == 200 and form.context_data["has_change_permission"]:
        can.add("ändern")
    if client.get(url(model, "add/")).status_code == 200:
        can.add("anlegen")
    if client.get(f"{one}delete/").status_code == 200:
        can.add("löschen")
    for word, address, data in (
        ("ändern", f"{one}change/", {}),
        ("anlegen", url(model, "add/"), {}),
        ("löschen", f"{one}delete/", {"post": "yes"}),
    ):
        if word not in can:
            assert send(client, address, data).status_code in {302, 403, 404}, (model, word)
            assert model._base_manager.filter(pk=row.pk).exists()
    return can


def possible(model):
    """What anybody at all can do with it."""
    anybody = RequestFactory().get("/admin/")
    anybody.user, _new = User.objects.get_or_create(username="wer alles darf", is_staff=True, is_superuser=True)
    offers = admin.site._registry[model].get_model_perms(anybody)
    words = {"add": "anlegen", "change": "ändern", "delete": "löschen", "view": "ansehen"}
    return {words[name] for name, offered in offers.items() if offered}


def in_words(can, possible):
    if not can:
        return "–"
    if can == possible and can != {"ansehen"}:
        return "alles"
    return ", ".join(word for word in ("ansehen", "anlegen", "ändern", "löschen") if word in can)


def test_every_kind_of_entry_is_in_the_table_and_as_it_says(rows):
    heading, *lines = next(tables())
    said = {name: by_role(heading, cells) for cells in lines for name in cells[0].split("; ")}
    asked = clients()
    found = {}
    for model, row in rows.items():
        found[str(model._meta.verbose_name_plural)] = {
            role: in_words(offered(client, model, row), possible(model)) for role, client in asked.items()
        }
    assert said == found


def filled(route, rows):
    """An address with what is there."""
    match = re.match(r"admin/(\w+)/(\w+)/", route)
    model = apps.all_models.get(match[1], {}).get(match[2]) if match else None
    row = rows.get(model)
    holes = {
        "language": "de",
        "app_label": "offices",
        "year": "2026",
        "url": "gibt-es-nicht",
        "path": "x",
        "content_id": "0" * 32,
    }
    if "/translations/" in f"/{route}":
        return "/" + route.replace("<kind>/<pk>/<code>", f"portal.page/{Page.objects.first().pk}/ar").replace(
            "<token>", "x"
        )
    if "/links/" in f"/{route}":
        row = OutsideLink.objects.get()
    holes |= {"slug": handbook.CONTENTS, "name": next((handbook.FOLDER / "bilder").glob("*.webp")).name}
    holes |= {"uidb64": "MQ", "token": "00000000-0000-4000-8000-000000000000", "content_type_id": "1"}
    pk = str(row.pk) if row else "1"
    return "/" + re.sub(r"<(\w+)>", lambda hole: holes.get(hole[1], pk), route)


def gets_in(client, address):
    response = client.get(address)
    if response.status_code == 405:
        response = send(client, address, {})
    assert response.status_code < 500, address
    return response.status_code not in {403, 404} and response.headers.get("Location") != "/admin/"


def test_every_other_address_is_in_the_table_and_as_it_says(rows):
    _first, (heading, *lines) = tables()
    said = {name.strip("`"): by_role(heading, cells) for cells in lines for name in cells[0].split("; ")}
    others = {
        "/" + route
        for route in routes()
        if route.startswith("admin/")
        and not STANDARD.match(route)
        and not OF_VERSIONS.match(route)
        and route not in FOR_ALL_STAFF
        and not route.startswith(OF_ONES_OWN)
    }
    assert set(said) == others, "docs/rollen.md names each address of the admin that is no list and no form"
    asked = clients()
    found = {
        route: {role: "ja" if gets_in(asked[role], filled(route[1:], rows)) else "–" for role in ROLES}
        for route in others
    }
    assert said == found


# What an action of a list needs, if it is not the right to change.
NEEDS = {"delete_selected": "delete", "unlock": "delete"}


def test_no_list_does_for_anybody_what_he_may_not(rows):
    everything = User.objects.create_superuser("wer alles darf")
    refused = 0

    def state(model):
        return list(model._base_manager.order_by("pk").values()), Email.objects.count()

    for role, client in clients().items():
        user = User.objects.get(username=role.lower())
        for model, row in rows.items():
            asking = RequestFactory().get("/admin/")
            asking.user = everything
            label, name = model._meta.app_label, model._meta.model_name
            for action in admin.site._registry[model].get_actions(asking):
                if user.has_perm(f"{label}.{NEEDS.get(action, 'change')}_{name}"):
                    continue
                before = state(model)
                with transaction.atomic():
                    data = {"action": action, "_selected_action": [row.pk], "post": "yes", "apply": "1", "index": "0"}
                    response = client.post(url(model), data)
                    # The list again, a redirect or a refusal; no question whether he is sure and no file.
                    is_list = "cl" in (getattr(response, "context_data", None) or {})
                    assert is_list or response.status_code in {302, 403, 404}, (role, model, action)
                    assert state(model) == before, (role, model, action)
                    transaction.set_rollback(True)
                refused += 1
    assert refused > 100


def test_every_answer_of_the_admin_forbids_what_is_not_ours(rows, admin_client):
    """Also where a page needs an editor: no script and no style that stands in the page itself, but by nonce or hash."""
    walked = 0
    for route in sorted({route for route in routes() if route.startswith("admin/")}):
        response = admin_client.get(filled(route, rows))
        policy = response.headers.get("Content-Security-Policy", "")
        said = dict(one.strip().partition(" ")[::2] for one in policy.split(";"))
        assert said.get("default-src") == "'none'", route
        assert said["base-uri"] == said["frame-ancestors"] == said["object-src"] == "'none'", route
        assert set(said["script-src"].split()[0:1]) == {"'self'"}, route
        for source in policy.replace(";", " ").split():
            assert not re.match(r"'unsafe|https?:|\*|data:|blob:", source), (route, source)
        walked += 1
    assert walked > 200


def test_without_both_factors_every_address_leads_to_the_login(rows):
    """A stolen password opens as much as none; whoever has not enrolled yet gets there and no further."""
    thief, newcomer, stranger = Client(), Client(), Client()
    StaticDevice.objects.create(user=staff("bestohlen", ADMINISTRATORS), name="Ersatzcodes")
    User.objects.create_superuser("neu", password="ein-langes-Passwort")
    for client, name in ((thief, "bestohlen"), (newcomer, "neu")):
        client.force_login(User.objects.get(username=name))
    walked = 0
    for route in sorted({route for route in routes() if route.startswith("admin/")}):
        address = filled(route, rows)
        if resolve(address).view_name in OPEN:
            continue
        walked += 1
        for client, step in ((thief, "bestaetigen"), (newcomer, "einrichten")):
            for response in (client.get(address), client.post(address, {"post": "yes"})):
                assert response.status_code == 302, address
                assert response["Location"].startswith(f"/admin/anmeldung/{step}/?next="), address
        for response in (stranger.get(address), stranger.post(address, {"post": "yes"})):
            assert response.status_code in {302, 403, 404, 405}, address
            assert "/admin/login/" in response.headers.get("Location", "/admin/login/"), address
    assert walked > 200
