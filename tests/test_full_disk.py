"""There is no room left on the server: reading goes on, and whoever sends something is told the truth and loses nothing."""

import errno

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.db import connection
from post_office.models import Email

from lotsen.models import Volunteer
from lotsen.sign_up.forms import SignUpForm
from portal.forms import GuardedForm
from portal.media.models import Picture
from portal.models import BarrierReport, Page
from tests import factories
from tests.forms import form_data

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def full():
    """What leaves the database no more than what is free in its pages, and what makes room again."""
    if connection.vendor != "sqlite":
        pytest.skip("A server's disk cannot be filled for a test")

    def most(pages):
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {pages}")

    def fill():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
        most(1)  # SQLite takes that as: no more than there are

    def make_room():
        most(1_000_000)

    yield fill, make_room
    make_room()


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch):
    monkeypatch.setattr(GuardedForm, "MIN_SECONDS", 0)
    monkeypatch.setattr(GuardedForm, "PER_HOUR", 1000)
    monkeypatch.setattr(SignUpForm, "PER_HOUR", 1000)


def until_refused(client, send):
    """Sends one after the other until there is no room; how many went well, and the refusal."""
    client.raise_request_exception = False
    for number in range(300):
        answer = send(number)
        if answer.status_code == 503:
            return number, answer
        assert answer.status_code == 302
    raise AssertionError("The disk was not full")


def test_who_reads_notices_nothing(site, client, full):
    factories.make_page(slug="hilfe", title_de="Hilfe")
    fill, _make_room = full
    fill()
    assert client.get("/de/hilfe/").status_code == 200
    assert client.get("/ar/suche/?q=Hilfe").status_code == 200


def test_a_sign_up_is_refused_in_the_readers_language_and_can_be_sent_again_from_there(site, client, full):
    factories.make_lotsen_page(office=factories.make_office())
    path, fill, make_room = "/ar/lotsen/mitmachen/", *full
    said = {"name": "Amal", "place": "12345 Ort", "adult": "on", "acknowledged": "on", "step": "send"}
    said |= {"message": "Ich spreche vier Sprachen. " * 30}

    def send(number):
        data = form_data(client.get(path).content.decode()) | said | {"email": f"{number}@example.org"}
        return client.post(path, data)

    fill()
    went_well, refusal = until_refused(client, send)
    html = refusal.content.decode()
    assert refusal["Retry-After"]
    assert '<html lang="ar" dir="rtl">' in html
    assert Volunteer.objects.count() == Email.objects.count() == went_well
    make_room()
    assert form_data(html)["message"].strip() == said["message"].strip()
    assert client.post(path, form_data(html) | {"step": "send"}).status_code == 302
    assert Volunteer.objects.filter(email=f"{went_well}@example.org").count() == 1


def test_a_report_of_a_barrier_is_not_half_there(site, client, full):
    path, fill, make_room = "/de/barriere-melden/", *full

    def send(number):
        data = form_data(client.get(path).content.decode()) | {"message": f"Ich sehe {number} nicht. " * 100}
        return client.post(path, data)

    fill()
    went_well, refusal = until_refused(client, send)
    assert BarrierReport.objects.count() == went_well
    make_room()
    assert client.post(path, form_data(refusal.content.decode())).status_code == 302
    assert BarrierReport.objects.filter(message__startswith=f"Ich sehe {went_well} nicht").count() == 1


def test_staff_are_told_that_it_is_room_that_is_missing(site, editor, full):
    fill, make_room = full
    path = f"/admin/portal/page/{factories.make_page(title_de='Hilfe 0').pk}/change/"

    def send(number):
        data = form_data(editor.get(path).content.decode())
        return editor.post(path, data | {"title_de": f"Hilfe {number + 1}", "lead_de": f"{number} Worte. " * 20})

    fill()
    went_well, refusal = until_refused(editor, send)
    assert "kein Platz mehr" in refusal.content.decode()
    make_room()
    assert Page.objects.get().title_de == f"Hilfe {went_well}"
    assert send(went_well).status_code == 302
    assert Page.objects.get().title_de == f"Hilfe {went_well + 1}"


@pytest.mark.parametrize(
    "write",
    [(FileSystemStorage, "_save"), (MemoryFileUploadHandler, "receive_data_chunk")],
    ids=["in its place", "on its way"],
)
def test_an_upload_for_which_there_is_no_room_leaves_nothing_behind(site, editor, monkeypatch, settings, write):
    """On any database: a picture is on the disk and not in it."""

    def no_space(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = "/admin/media/picture/add/"
    form = form_data(editor.get(path).content.decode())

    def send():
        picture = ContentFile(factories.png(800, 600), "foto.png")
        said = {"file": picture, "name": "Kreishaus", "alt_de": "Das Kreishaus", "credit": "Foto: Amt"}
        return editor.post(path, form | said)

    editor.raise_request_exception = False
    with monkeypatch.context() as disk:
        disk.setattr(*write, no_space)
        answer = send()
    assert answer.status_code == 503
    assert "kein Platz mehr" in answer.content.decode()
    assert not Picture.objects.exists()
    assert not [file for file in settings.MEDIA_ROOT.rglob("*") if file.is_file()]
    assert send().status_code == 302
    assert Picture.objects.exists()
