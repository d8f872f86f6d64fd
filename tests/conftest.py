import gc
import os
import re
import time
from importlib import import_module

import pytest
from _pytest.runner import runtestprotocol
from aiosmtpd.controller import Controller
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.db.models import F
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.test import Client, override_settings
from django.test import client as django_client
from django.utils import translation
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from lotsen.models import AssistanceRequest, Volunteer
from portal import wsgi
from portal.groups import ADMINISTRATORS, COORDINATORS, EDITORS
from portal.models import FederalState
from portal.stack import roomy
from tests import factories
from tests.forms import form_data as form_data
from tests.machine import chromium
from tests.mailserver import Postbox, free_port

# It keeps the clock that it finds when it is first imported: never one that a test has moved.
import_module("post_office.management.commands.cleanup_mail")

# Playwright's synchronous interface keeps an event loop in this thread; Django would refuse to use its ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


keep_template = django_client.store_rendered_templates


def keep_no_widget(store, signal, sender, template, context, **kwargs):
    """For `response.context`: hundreds of widgets make up a form, and nobody asks for theirs."""
    if not (template.name or "").startswith("django/forms/"):
        keep_template(store, signal, sender, template, context, **kwargs)


def pytest_configure():
    """Nobody attacks the tests' passwords, and the real hash takes a quarter of a second of each."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_client.store_rendered_templates = keep_no_widget
    roomy(runtestprotocol)


def pytest_collection_finish():
    """What is there by now stays to the end: Python need not look through all of it for garbage after each page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    """No test sees another one's uploads, counters or language."""
    settings.MEDIA_ROOT = tmp_path
    # Slow ones are for thieves; half of a test's time would go into them.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    translation.activate("de")


@receiver(post_migrate, sender=apps.get_app_config("portal"))
def fill_laender(using, **kwargs):
    """Tests that run a server empty the database behind them, the Länder included."""
    there = "portal_federalstate" in connections[using].introspection.table_names()
    if there and not FederalState.objects.exists():
        import_module("portal.migrations.0002_laender").fill(apps, None)


@pytest.fixture
def site(db):
    return factories.make_site()


@pytest.fixture(scope="module")
def loaded_musterland(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo county, loaded once for a module whose tests leave it as it is; its uploads' folder."""
    folder = tmp_path_factory.mktemp("musterland")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=folder), transaction.atomic():
        call_command("load_example", "musterland", verbosity=0)
        yield folder
        transaction.set_rollback(True)


@pytest.fixture
def musterland(loaded_musterland, db, settings):
    settings.MEDIA_ROOT = loaded_musterland


def staff(username, group):
    user = User.objects.create_user(username, f"{username}@example.org", "ein-langes-Passwort", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def log_in(client, user):
    """With password and second factor, a moment ago."""
    client.force_login(user)
    device = StaticDevice.objects.get_or_create(user=user, name="Ersatzcodes")[0]
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session["verified_at"] = int(time.time())
    session.save()
    return client


@pytest.fixture
def admin_client(admin_user):
    return log_in(Client(), admin_user)


@pytest.fixture
def editor(client, db):
    """A client logged in as a member of Redaktion."""
    return log_in(client, staff("redaktion", EDITORS))


@pytest.fixture
def administrator(client, db):
    return log_in(client, staff("administration", ADMINISTRATORS))


@pytest.fixture
def coordinator(client, db):
    """A client logged in as a member of Ehrenamtskoordination."""
    return log_in(client, staff("koordination", COORDINATORS))


@pytest.fixture
def application(db, monkeypatch):
    """The portal as a web server calls it. At the end of a request it would close the connection the test is in."""
    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", lambda: None)
    return wsgi.application


@pytest.fixture
def postbox(settings):
    """A mail server that can be started and stopped."""
    box = Postbox()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    settings.POST_OFFICE = {**settings.POST_OFFICE, "BACKENDS": {"default": "portal.smtp.EmailBackend"}}
    controller = Controller(box, hostname="127.0.0.1", port=settings.EMAIL_PORT)
    box.start, box.stop = controller.start, controller.stop
    yield box
    if controller.server:
        controller.stop()


# In the browser -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    nowhere = ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"]
    return {
        **browser_type_launch_args,
        "executable_path": chromium(),
        "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *quiet, *nowhere],
    }


@pytest.fixture(scope="module")
def demo_county(django_db_setup, django_db_blocker, tmp_path_factory):
    """One portal with the demo county for a whole file: its tests look, and none minds what another one has sent."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        call_command("load_example", "musterland", verbosity=0)
        server = LiveServer("127.0.0.1")
        yield server
        server.stop()
        call_command("flush", interactive=False, verbosity=0)
        connections.close_all()


@pytest.fixture
def running(live_server):
    """A running portal."""
    return live_server


@pytest.fixture
def portal(running, page):
    """A browser at a running portal. Fails on any message in the console and any request to elsewhere."""
    wrong = []
    # Pages that are not there, forms with mistakes and those sent too late: answers which the browser tells as errors.
    said = re.compile("status of (400|403|404)")
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and not said.search(m.text) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((running.url, "data:", "blob:"))
            else wrong.append(f"request to {request.url}")
        ),
    )
    page.base = running.url
    yield page
    assert wrong == []


def coordination_was_told():
    """Of everybody who goes some day: nobody goes before."""
    for model in (Volunteer, AssistanceRequest):
        model.objects.update(warned_of=F("delete_after"))


def sign_in(page, user, base, password="ein-langes-Passwort"):
    """As people do: password, then a code."""
    device = StaticDevice.objects.get_or_create(user=user, name="Ersatzcodes")[0]
    StaticToken.objects.create(device=device, token="abcd2345")
    page.goto(f"{base}/admin/")
    page.fill("#id_username", user.get_username())
    page.fill("#id_password", password)
    page.click("[type=submit]")
    page.fill("#id_code", "abcd-2345")
    page.press("#id_code", "Enter")
    expect(page).to_have_url(f"{base}/admin/")
