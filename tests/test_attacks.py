"""What people try: each attack as it is done, and the clear answer it gets."""

import io
import json
import re
import time
import zipfile
from urllib.parse import quote, unquote, urljoin, urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from post_office.models import Email

from lotsen.company import links
from lotsen.models import Assignment, AssistanceRequest, Volunteer
from lotsen.sign_up import own
from portal.groups import EDITORS
from portal.media.models import Picture
from portal.models import BarrierReport
from portal.spreadsheets import guarded
from portal.versions import audit
from tests import factories
from tests.conftest import form_data, staff
from tests.routes import routes

pytestmark = pytest.mark.django_db

PASSWORD = "ein-langes-Passwort"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# Other places, as browsers understand them or once did.
ELSEWHERE = [
    "https://boese.example.org/", "//boese.example.org", "///boese.example.org", r"/\boese.example.org", r"\\boese.example.org",
    "/%09/boese.example.org", "https:boese.example.org", "javascript:alert(1)", "//boese.example.org/admin/", "/admin/../..//boese.example.org",
    "\t//boese.example.org", "http://testserver@boese.example.org/admin/", "data:text/html,x", "/admin/\r\nSet-Cookie: a=b",
]  # fmt: skip


@pytest.fixture
def content(site):
    """Something to attack at each address."""
    factories.make_lotsen_page()
    factories.make_kind()
    factories.make_office(slug="stelle")
    factories.make_project(slug="projekt")
    factories.make_event(slug="fest")
    factories.make_service(factories.make_location(), slug="angebot")
    factories.make_file(factories.make_publication(slug="bericht"))


@pytest.fixture
def later(monkeypatch):
    """There was time to fill in the form."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def wait():
        now[0] += 30

    return wait


def text(response):
    return response.content.decode()


def public_routes():
    found = sorted({route for route in routes() if not route.startswith("admin/")})
    assert len(found) > 50
    return found


# Whose portal is it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["boese.example.org", "testserver.boese.example.org", "testserver:80@boese.org", "a b", "", "[::1"]
)
def test_a_strange_host_is_refused(client, site, host):
    response = client.get("/de/", HTTP_HOST=host) if host else client.get("/de/", SERVER_NAME="boese.example.org")
    assert response.status_code == 400
    assert "boese" not in text(response)


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])
def test_nobody_puts_another_name_into_our_links(client, site, settings, header):
    settings.TRUST_PROXY = True
    user = staff("kollege", EDITORS)
    evil = {header: "host=boese.example.org" if header == "Forwarded" else "boese.example.org"}
    for path in ("/de/", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt", "/de/hsds/", "/de/wegweiser/"):
        response = client.get(path, headers=evil)
        assert response.status_code == 200, path
        assert "boese" not in text(response), path
    client.post("/admin/passwort/vergessen/", {"email": user.email}, headers=evil)
    assert "boese" not in Email.objects.get().message


def test_the_link_for_a_new_password_names_the_portal_whatever_name_it_was_asked_under(client, site, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PORTAL_URL = "https://integration.example.org"
    client.post("/admin/passwort/vergessen/", {"email": staff("kollege", EDITORS).email}, HTTP_HOST="boese.example.org")
    assert "https://integration.example.org/admin/passwort/neu/" in Email.objects.get().message


# Led elsewhere --------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_and_out_leads_nowhere_else(client, site, target):
    user = staff("kollege", EDITORS)
    login = f"/admin/login/?next={quote(target)}"
    response = client.post(login, {"username": user.username, "password": PASSWORD, "next": target})
    places = [response]
    client.force_login(user)
    places.append(client.get(login))
    places.append(client.get(f"/admin/anmeldung/bestaetigen/?next={quote(target)}"))
    places.append(client.post(f"/admin/logout/?next={quote(target)}", {"next": target}))
    for response in places:
        place = response.headers.get("Location", "/admin/")
        assert stays_here(place), place
        # What goes along to the next step is judged there again.
        assert stays_here(client.get(place).headers.get("Location", "/admin/"))


def stays_here(place):
    """As a browser reads it: it takes out tabs and line ends, and any slash for a slash."""
    read = re.sub(r"[\t\r\n]", "", place.strip()).replace("\\", "/")
    return urlsplit(urljoin("https://portal.example.org/admin/login/", read))[:2] == ("https", "portal.example.org")


@pytest.mark.parametrize(
    "path",
    ["//boese.example.org", "//boese.example.org/de/", "/\\boese.example.org/", "//boese.example.org/stellen", "/de//boese.example.org",
     "/%2f%2fboese.example.org", "/stellen//boese.example.org", "/deutsch//boese.example.org", "/https://boese.example.org",
     "/de/stellen/%0d%0aLocation:%20https://boese.example.org/", "/%0d%0aSet-Cookie:a=b"],
)  # fmt: skip
def test_no_address_leads_elsewhere(client, site, path):
    for _ in range(3):
        response = client.generic("GET", "/", PATH_INFO=path)  # as it stands in the request, not as a browser reads it
        place = response.headers.get("Location")
        if place is None:
            assert response.status_code in {400, 404}
            return
        assert stays_here(place), place
        assert not {"\r", "\n"} & set(place)
        path = unquote(place)


def test_the_language_list_leads_nowhere_else(client, site):
    for path in (
        f"/de/?next={ELSEWHERE[0]}",
        "/?next=//boese.example.org",
        "/de/?language=//boese.example.org&seite=x",
    ):
        response = client.get(path)
        assert "boese" not in response.headers.get("Location", "")
        if response.status_code == 200:
            assert not re.search(r'href="(https?:)?//boese', text(response))


@pytest.mark.parametrize("number", ["%00", "_00", "backup_00"])
@pytest.mark.parametrize("model", ["timer/job", "portal/page", "portal/federalstate", "post_office/email"])
@pytest.mark.parametrize("view", ["change", "history"])
def test_a_sign_no_database_takes_is_no_number(administrator, site, model, number, view):
    assert administrator.get(f"/admin/{model}/{number}/{view}/", follow=True).redirect_chain == [("/admin/", 302)]


@pytest.mark.parametrize("model", ["accounts/lock", "portal/page", "timer/job", "auth/user", "offices/office"])
@pytest.mark.parametrize("view", ["change", "delete"])
def test_rows_are_looked_for_by_their_numbers_only(administrator, site, model, view):
    path = f"/admin/{model}/1/{view}/"
    for field in ("", "password", "x"):
        assert administrator.get(path, {"_to_field": field}).status_code == 400
        assert administrator.post(path, {"_to_field": field}).status_code == 400


def test_where_a_barrier_was_is_text_and_never_a_link(client, site, administrator, later):
    data = form_data(text(client.get("/de/barriere-melden/?seite=javascript:alert(1)")))
    later()
    assert client.post("/de/barriere-melden/", {**data, "message": "Text"}).status_code == 302
    page = text(administrator.get(f"/admin/portal/barrierreport/{BarrierReport.objects.get().pk}/change/"))
    assert "javascript:alert(1)" in page
    assert not re.search(r'(href|src)="javascript:', page)


# Who is known ---------------------------------------------------------------------------------------


def hashes(monkeypatch):
    """How many passwords are hashed: it is what takes the time."""
    done = []
    original = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: done.append(1) or original(self, *args))
    return done


def test_a_wrong_password_takes_as_long_as_a_wrong_name(client, site, monkeypatch):
    staff("kollege", EDITORS)
    User.objects.filter(username=staff("gesperrt", EDITORS).username).update(is_active=False)
    done, answers, counts = hashes(monkeypatch), [], []
    for name in ("kollege", "niemand", "gesperrt"):
        before = len(done)
        answer = text(Client().post("/admin/login/", {"username": name, "password": "falsch-falsch"}))
        answers.append(re.sub(rf'{name}|value="\w{{64}}"', "", answer))
        counts.append(len(done) - before)
    assert counts == [1, 1, 1]
    assert len(set(answers)) == 1


def test_asking_for_a_new_password_does_the_same_work_for_everybody(client, site):
    user, other = staff("kollege", EDITORS), staff("zweite", EDITORS)
    client.post("/admin/passwort/vergessen/", {"email": other.email})  # the first of all fills caches
    seen = {}
    for email in (user.email, "niemand@example.org", user.email, "niemand@example.org"):
        with CaptureQueriesContext(connection) as captured:
            response = client.post("/admin/passwort/vergessen/", {"email": email})
        writes = sum("INSERT" in query["sql"] for query in captured)
        seen.setdefault(email, []).append((response.status_code, response["Location"], writes))
    assert seen[user.email] == seen["niemand@example.org"]
    assert Email.objects.filter(to=user.email).count() == 1
    assert not Email.objects.filter(to__contains="niemand").exists()


def test_signing_up_does_the_same_work_for_who_is_known(client, content, later):
    factories.make_volunteer(email="bekannt@example.org", stage="active", confirmed_at=timezone.now())
    path = "/de/lotsen/mitmachen/"
    seen = {}
    for email in ("erste@example.org", "bekannt@example.org", "neu@example.org"):
        data = form_data(text(client.get(path)))
        later()
        said = {
            "name": "Amal",
            "email": email,
            "place": "12345 Ort",
            "adult": "on",
            "acknowledged": "on",
            "step": "send",
        }
        with CaptureQueriesContext(connection) as captured:
            response = client.post(path, {**data, **said})
        writes = sum("INSERT" in query["sql"] for query in captured)
        seen[email] = (response.status_code, response.headers.get("Location"), writes)
    known, new = seen["bekannt@example.org"], seen["neu@example.org"]
    assert known[:2] == new[:2] == (302, "/de/lotsen/mitmachen/danke/")
    assert new[2] <= known[2] <= new[2] + 2  # the mail that says so
    assert Volunteer.objects.filter(email="bekannt@example.org").count() == 1
    assert Volunteer.objects.filter(email="neu@example.org").count() == 1


# Somebody else's --------------------------------------------------------------------------------------


def test_a_key_opens_its_own_door_and_no_other(client, content):
    """Each link is signed for what it is; no number in it can be counted on."""
    volunteers = [factories.make_volunteer(stage="active") for _ in range(2)]
    asked = [factories.make_request(name=f"Fragende {n}") for n in range(2)]
    invited = [
        Assignment.objects.create(request=a, volunteer=v, status="accepted", invited_until=timezone.now())
        for a, v in zip(asked, volunteers, strict=True)
    ]
    addresses = [own.address(volunteers[0]), links.to_request(asked[0]), links.to_invitation(invited[0])]
    keys = [address.rstrip("/").rpartition("/")[2] for address in addresses]
    doors = [
        "/de/lotsen/meine-angaben/",
        "/de/lotsen/anfrage/",
        "/de/lotsen/einladung/",
        "/de/lotsen/bestaetigen/",
        "/de/wegweiser/pruefen/",
    ]
    for key, own_door in zip(keys, doors, strict=False):
        for door in doors:
            # The own key too, with another number, another signature, or without one.
            body, _, signature = key.rpartition(":")
            for tried in (
                key,
                f"{body}x:{signature}",
                f"{body}:{signature[:-1]}A",
                body,
                f"{key}:{signature}",
                key.swapcase(),
            ):
                if (door, tried) == (own_door, key):
                    continue
                response = client.get(f"{door}{tried}/")
                assert response.status_code in {403, 404, 410}, (door, tried)
                page = text(response)
                assert not any(person.name in page for person in (*volunteers, *asked)), (door, tried)
                assert client.post(f"{door}{tried}/", {"answer": "cancel", "erase": "1"}).status_code in {403, 404, 410}
    for number in (1, 2, volunteers[1].pk, asked[1].pk, invited[1].pk):
        for door in doors:
            assert client.get(f"{door}{number}/").status_code in {403, 404, 410}
    assert set(AssistanceRequest.objects.values_list("status", flat=True)) == {asked[0].status}


def test_the_thanks_for_a_barrier_know_nothing_of_it(client, site):
    """The number in the address is only said again: whoever guesses one learns nothing."""
    report = BarrierReport.objects.create(id=uuid4(), message="Geheim", name="Amal", email="a@example.org")
    real, guessed = "/de/barriere-melden/danke/{}/".format, "B-2026-ABCDEF"
    pages = [text(client.get(real(number))).replace(number, "") for number in (report.reference, guessed)]
    assert pages[0] == pages[1]
    assert "Geheim" not in pages[0]
    assert client.get(real("B-2026-<script>")).status_code == 404


def test_files_of_others_are_reached_by_no_path(client, content, editor):
    names = ["../portal.sqlite3", "..%2f..%2fmanage.py", "%2e%2e/%2e%2e/manage.py", "/etc/passwd", "publicationfile/../../x.pdf",
             "x.pdf%00.png", "....//....//manage.py", "C:\\boot.pdf", "publicationfile\\..\\x.pdf", "%252e%252e/x.pdf", "a" * 300 + ".pdf"]  # fmt: skip
    for name in names:
        assert editor.get(f"/admin/dateien/{name}").status_code in {400, 404}, name
        for folder in ("/static/", "/bilder/", "/de/veroeffentlichungen/bericht/"):
            assert client.get(f"{folder}{name}").status_code in {400, 404}, (folder, name)


# Uploads ----------------------------------------------------------------------------------------------


def upload_picture(editor, name, content):
    path = "/admin/media/picture/add/"
    data = form_data(text(editor.get(path)))
    return editor.post(
        path,
        {
            **data,
            "name": "Bild",
            "alt_de": "Ein Haus",
            "credit": "Foto: Amt",
            "file": SimpleUploadedFile(name, content),
        },
    )


def upload_document(editor, name, content):
    publication = factories.make_publication()
    factories.make_file(publication)
    path = f"/admin/publications/publication/{publication.pk}/change/"
    data = form_data(text(editor.get(path)))
    response = editor.post(path, {**data, "files-0-file": SimpleUploadedFile(name, content)})
    return response, publication.files.get()


def test_what_is_as_it_should_be_is_taken(editor, site):
    """Or else the tests below would show nothing."""
    assert upload_picture(editor, "bild.png", factories.png()).status_code == 302
    assert upload_document(editor, "bericht.pdf", factories.PDF)[0].status_code == 302


HOSTILE = {
    "virus": ("virus.com", EICAR),
    "virus as PDF": ("virus.pdf", EICAR),
    "virus as picture": ("virus.png", EICAR),
    "virus as text": ("virus.txt", EICAR),
    "page": ("seite.html", b"<html><script>alert(1)</script>"),
    "page as PDF": ("seite.pdf", b"<html><script>alert(1)</script>"),
    "drawing with a script": ("bild.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "drawing as picture": ("bild.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
    "drawing, packed": ("bild.svgz", b"\x1f\x8b\x08"),
    "two endings": ("bild.png.php", factories.png()),
    "two endings, other way round": ("bericht.php.pdf", b"<?php system($_GET['c']);"),
    "ending in capitals": ("SEITE.HTML", b"<html>"),
    "no ending": ("bericht", factories.PDF),
    "a dot at the end": ("bericht.pdf.", factories.PDF),
    "space and semicolon": ("bericht.php;.pdf", b"<?php"),
    "nothing": ("leer.pdf", b""),
    "nothing as picture": ("leer.png", b""),
    "huge picture": ("riesig.png", factories.png(9000, 9000)),
    "picture cut off": ("bild.png", factories.png()[:40]),
    "PDF with another beginning": ("bericht.pdf", b"MZ\x90\x00" + factories.PDF),
    "program": ("rechnung.exe", b"MZ\x90\x00"),
    "office document with macros": ("brief.docm", b"PK\x03\x04"),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_files_are_refused_in_words_and_leave_nothing(editor, site, tmp_path, attack):
    name, content = HOSTILE[attack]
    response, file = upload_document(editor, name, content)
    assert response.status_code == 200
    assert "errorlist" in text(response)
    assert b"".join(editor.get(file.get_absolute_url())) == factories.PDF
    assert "errorlist" in text(upload_picture(editor, name, content))
    assert not Picture.objects.exists()
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".pdf"]


@pytest.mark.parametrize(
    "name",
    [
        "../../../boese.png",
        "..\\..\\boese.png",
        "/etc/boese.png",
        "a\x00b.png",
        "bild.php.png",
        "x" * 300 + ".png",
        "<script>.png",
    ],
)
def test_what_a_file_is_called_does_not_matter(editor, site, tmp_path, name):
    response = upload_picture(editor, name, factories.png())
    if name.startswith("x"):  # the form takes no name of 300 letters
        assert "errorlist" in text(response)
        return
    assert response.status_code == 302
    stored = Picture.objects.get().file.name
    assert re.fullmatch(r"picture/[0-9a-f]{32}\.png", stored)
    assert (tmp_path / stored).is_file()
    assert not [path for path in tmp_path.parent.rglob("*boese*") if path.is_file()]


def test_what_hides_in_a_picture_is_not_handed_out(editor, client, site):
    """A picture that is a ZIP, a page and a virus too: what is stored has been drawn anew."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("boese.html", "<script>alert(1)</script>")
    polyglot = factories.png() + b"<html><script>alert(1)</script></html>" + EICAR + archive.getvalue()
    assert upload_picture(editor, "bild.png", polyglot).status_code == 302
    with Picture.objects.get().file.open() as stored:
        content = stored.read()
    assert not any(part in content for part in (b"<script", b"EICAR", b"PK\x03\x04"))


def test_a_document_that_is_a_page_too_runs_nothing(editor, client, site):
    response, file = upload_document(editor, "bericht.pdf", factories.PDF + b"<html><script>alert(1)</script></html>")
    answer = editor.get(file.get_absolute_url())
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert response.status_code in {200, 302}


@pytest.mark.parametrize("path", ["/admin/wegweiser/service/import/", "/admin/translations/translation/import/"])
def test_a_small_table_that_is_huge_unpacked_is_refused(editor, site, path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(160):
                sheet.write(bytes(1024**2))
    assert len(bomb.getvalue()) < 300_000
    response = editor.post(path, {"file": SimpleUploadedFile("liste.xlsx", bomb.getvalue())})
    assert response.status_code == 200
    assert "ausgepackt zu groß" in text(response)


# Tables and mails -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "evil", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM", "'=1", "''=1"]
)
def test_no_cell_begins_like_a_formula(evil):
    assert guarded(evil).startswith("'")


def test_the_log_as_a_table_runs_no_formula(administrator, site):
    user = User.objects.get(username="administration")
    page = factories.make_page(title_de="=HYPERLINK(1)")
    audit.note(audit.Action.EXPORT, user, kind="@SUM(1)", about=page, Was="+1")
    table = b"".join(administrator.post("/admin/versions/auditentry/protokoll.csv")).decode("utf-8-sig")
    assert "HYPERLINK" in table
    assert not re.search(r'(^|;)"?[=+@\t-]', table, re.M)


INJECTED = ["\r\nBcc: opfer@example.org", "\nBcc: opfer@example.org", "\rBcc: opfer@example.org", "%0aBcc: opfer@example.org",
            "\u2028Bcc: opfer@example.org", "\r\n\r\nAnderer Text", "=?utf-8?q?=0aBcc:_opfer=40example.org?=", "a\x0b\x0cBcc: opfer@example.org"]  # fmt: skip


@pytest.mark.parametrize("injected", INJECTED)
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/de/barriere-melden/", {"message": "Text", "name": "Amal", "page": "/de/", "email": "a@example.org"}),
        ("/de/wegweiser/angebot/fehler-melden/", {"message": "Text", "email": "a@example.org"}),
        ("/de/lotsen/mitmachen/", {"name": "Amal", "email": "a@example.org", "phone": "030 23125100", "place": "12345 Ort",
                                   "message": "Text", "adult": "on", "acknowledged": "on", "step": "send"}),
        ("/de/lotsen/begleitung/", {"institution": "Schule", "name": "Amal", "email": "a@example.org", "phone": "030 23125100",
                                    "place": "Weg 1", "note": "Text"}),
        ("/admin/passwort/vergessen/", {"email": "redaktion@example.org"}),
    ],
)  # fmt: skip
def test_no_form_writes_into_the_head_of_a_mail(content, later, path, said, injected):
    staff("redaktion", EDITORS)
    for name in said:
        client = Client()
        data = {**form_data(text(client.get(path))), **said}
        later()
        response = client.post(path, {**data, name: said[name] + injected})
        assert response.status_code in {200, 302, 400}, name
    for mail in Email.objects.all():
        head = mail.email_message().message().as_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode()
        assert not re.search(r"^Bcc:", head, re.M | re.I)
        assert len(re.findall(r"^(To|Subject):", head, re.M)) == 2
        assert mail.to and not any("opfer" in address for address in (*mail.to, *mail.cc, *mail.bcc))


# Nonsense ---------------------------------------------------------------------------------------------

NONSENSE = [
    "\0",
    "a\0b",
    "%ff",
    "\udcff",
    "..",
    "%",
    "{{7*7}}",
    "${7*7}",
    "' OR '1'='1",
    "<script>alert(1)</script>",
    "\u202e",
    "\ufeff",
    "💥",
    "a" * 300,
]


def filled(route, value):
    return "/" + re.sub(r"<\w+>", lambda hole: value, route)


@pytest.mark.parametrize(
    "value",
    [
        "%00",
        "%ff%fe",
        "%c0%ae",
        "..%2f",
        "-1",
        "0",
        "9" * 40,
        "%3Cscript%3E",
        "a" * 300,
        "%F0%9F%92%A5",
        "%e2%80%ae",
        "{{7*7}}",
    ],
)
def test_nonsense_in_a_path_is_answered(content, value):
    client = Client(raise_request_exception=True)
    for route in public_routes():
        address = filled(route, value)
        response = client.get(address)
        assert response.status_code in {200, 301, 302, 400, 403, 404, 410, 414}, address
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            assert b"<script>alert" not in response.content
            assert b"Traceback" not in response.content


@pytest.mark.parametrize(
    "query",
    [
        "%00=%00",
        "q=%00",
        "q=%ff%fe",
        "%ff=%ff",
        "page=%00",
        "page=-1",
        "q[]=1&q[a]=2",
        "q=" + "%5B" * 500,
        "&&&===",
        "q=a&q=b&q=c&page=1&page=2&page=x",
        "topic=a&topic=%00&place=%ff",
        "a=" + "1&a=" * 900,
        "year=%00&kind=%00",
        "ziel=%00",
        "seite=%00%0d%0a",
        "full=true&full=%00&per_page=99999999999",
        "__proto__=1",
        "format=%00",
    ],
)
def test_nonsense_in_a_query_is_answered(content, query):
    for route in public_routes():
        if "<" in route:
            route = re.sub(r"<slug>", "angebot", route)
        if "<" in route:
            continue
        response = Client().get(f"/{route}?{query}")
        assert response.status_code in {200, 301, 302, 400, 404, 405, 414, 503}, route
        assert "Traceback" not in (b"" if response.streaming else response.content).decode()


FORMS = [
    "/de/barriere-melden/",
    "/ar/barriere-melden/",
    "/de/wegweiser/angebot/fehler-melden/",
    "/de/lotsen/mitmachen/",
    "/de/lotsen/begleitung/",
]


@pytest.mark.parametrize("path", FORMS)
def test_nonsense_in_a_form_is_answered(client, content, later, path):
    data = form_data(text(client.get(path)))
    later()
    for value in NONSENSE:
        for sent in (dict.fromkeys(data, value), {**data, **{name: [value, value, "x"] for name in data}}):
            body = "&".join(
                f"{quote(name)}={quote(each, errors='surrogateescape')}"
                for name, values in sent.items()
                for each in ([values] if isinstance(values, str) else values)
            )
            response = client.generic("POST", path, body, content_type="application/x-www-form-urlencoded")
            assert response.status_code in {200, 302, 400, 429}, repr(value)
            assert "<script>alert" not in text(response)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe=\x00&message=\xc3\x28"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"message=a"),
        ("application/x-www-form-urlencoded; charset=unsinn", b"message=a"),
        ("multipart/form-data", b"message=a"),
        ("multipart/form-data; boundary=", b"--\r\n"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
        ("multipart/form-data; boundary=\xff", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="message"\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff\r\n--x--'),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="message"; filename="../x"\r\n\r\na\r\n--x--'),
        ("multipart/form-data; boundary=x", b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="a"\r\n\r\na\r\n' % n for n in range(500)) + b"--x--"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"a":' * 20_000),
        ("text/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ("", b"message=a"),
        ("\x00", b"message=a"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/de/barriere-melden/", "/fa/lotsen/mitmachen/", "/admin/login/"])
def test_a_broken_body_is_answered(content, path, kind, body):
    response = Client().generic("POST", path, body, content_type=kind)
    assert response.status_code in {200, 400}, text(response)
    assert "<h1" in text(response)
    assert BarrierReport.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"id": ' + b"9" * 10_000 + b"}",
        b"\xff\xfe",
        b"null",
        b'{"id": null}',
        b"NaN",
    ],
)
@pytest.mark.parametrize("path", ["passkey/", "passkey/pruefen/", "passkey/neu/beginnen/", "passkey/neu/speichern/"])
def test_deep_and_broken_json_is_answered(editor, path, body):
    response = editor.post(f"/admin/anmeldung/{path}", body, content_type="application/json")
    assert response.status_code in {200, 400, 403, 404, 415, 422}
    assert "Traceback" not in text(response)
    json.loads(text(response))


def test_the_same_field_many_times_counts_once(client, content, later):
    data = form_data(text(client.get("/de/barriere-melden/")))
    later()
    body = "&".join(f"{name}={quote(str(value))}" for name, value in data.items())
    body += "&message=Eins&message=Zwei&email=a@example.org&email=b@example.org&id=1&pk=1&closed_on=2026-01-01&reference=B-1"
    assert (
        client.generic(
            "POST", "/de/barriere-melden/", body, content_type="application/x-www-form-urlencoded"
        ).status_code
        == 302
    )
    report = BarrierReport.objects.get()
    assert (report.message, report.email, report.closed_on) == ("Zwei", "b@example.org", None)


@pytest.mark.parametrize(
    "wanted",
    ["bytes=0-0", "bytes=0-", "bytes=-1", "bytes=5-1", "bytes=999999999-", "bytes=0-,0-,0-", "bytes=" + ",".join(f"{n}-{n}" for n in range(500)),
     "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-" + "9" * 500, "bytes=--1", "\xff"],
)  # fmt: skip
def test_parts_of_a_file_are_answered_with_no_more_than_the_file(client, content, wanted):
    for path in (
        "/de/veroeffentlichungen/bericht/de.pdf",
        "/static/css/portal.css",
        "/de/",
        "/de/wegweiser/wegweiser.pdf",
    ):
        whole = client.get(path)
        size = len(b"".join(whole) if whole.streaming else whole.content)
        response = client.get(path, headers={"range": wanted})
        assert response.status_code in {200, 206, 400, 416}, path
        assert len(b"".join(response) if response.streaming else response.content) <= size * 1.05 + 100
