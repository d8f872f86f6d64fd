"""No way into the database for scripts, whatever way one tries."""

import json

import pytest
from django.core.management import call_command

from integration.offices.models import Office
from portal.models import Page
from tests import factories
from tests.conftest import form_data

pytestmark = pytest.mark.django_db

EVIL = (
    '<p onclick="x()">A<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">B</a>'
    '<svg onload=alert(1)></svg><iframe src="//evil.example"></iframe><style>*{}</style>'
    '<a href="data:text/html,<script>">C</a><span style="position:fixed">D</span></p>'
)


def assert_clean(html):
    for evil in ("<script", "onclick", "onerror", "javascript:", "<svg", "<iframe", "<style", "data:", "style="):
        assert evil not in html, evil
    assert "A" in html


def stored(field="body_de"):
    return Page.objects.values_list(field, flat=True).get()


def test_by_save():
    factories.make_page(body_de=EVIL, body_ar=EVIL)
    assert_clean(stored())
    assert_clean(stored("body_ar"))


def test_by_bulk_create():
    Page.objects.bulk_create([Page(title_de="A", slug="a", body_de=EVIL)])
    assert_clean(stored())


def test_by_update_and_bulk_update():
    page = factories.make_page()
    Page.objects.update(body_de=EVIL)
    assert_clean(stored())
    page.body_de = EVIL
    Page.objects.bulk_update([page], ["body_de"])
    assert_clean(stored())


def test_by_update_or_create():
    Page.objects.update_or_create(slug="a", defaults={"title_de": "A", "body_de": EVIL})
    assert_clean(stored())


def test_by_loaddata(tmp_path):
    factories.make_page(slug="seite")
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "portal.page", output=str(dump))
    rows = json.loads(dump.read_text())
    rows[0]["fields"]["body_de"] = EVIL
    dump.write_text(json.dumps(rows))
    call_command("loaddata", str(dump), verbosity=0)
    assert_clean(stored())


def test_by_the_admin(editor, site):
    path = "/admin/portal/page/add/"
    data = form_data(editor.get(path).content.decode())
    assert editor.post(path, {**data, "title_de": "A", "body_de": EVIL, "status": "draft"}).status_code == 302
    assert_clean(stored())


def test_even_from_a_damaged_database(client, site):
    """Somebody with SQL can write anything; readers still get clean text."""
    from django.db import connection

    factories.make_page(slug="seite")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_page SET body_de = %s", [EVIL])
    article = client.get("/de/seite/").content.decode().split("<article>")[1].split("</article>")[0]
    assert_clean(article)


def test_plain_texts_are_escaped(client, site):
    evil = "<script>alert(1)</script>"
    office = factories.make_office(title_de=evil, slug="a", lead_de=evil, funding_de=evil, city=evil)
    factories.make_task(office, title_de=evil, text_de=evil)
    factories.make_notice(text_de=evil)
    for path in ("/de/stellen/a/", "/ar/stellen/a/", "/de/stellen/", "/de/"):
        assert evil not in client.get(path).content.decode(), path
    assert Office.objects.get().title_de == evil


def test_what_editors_need_stays():
    good = '<h2>T</h2><p>A <strong>B</strong><br>C <a href="/stellen/">D</a></p><ul><li><p>E</p></li></ul><ol><li><p>F</p></li></ol>'
    factories.make_page(body_de=good)
    assert stored().replace(' rel="noopener noreferrer"', "") == good
