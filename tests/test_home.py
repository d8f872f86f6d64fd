"""The home page: what comes first, what staff can arrange, and what it weighs."""

import re

import pytest
from django.core.management import call_command

from portal.home import USUAL, arrange_home
from portal.models import HomeBlock, Notice, Publishable
from tests import factories

pytestmark = pytest.mark.django_db


def headings(client, language="de"):
    html = client.get(f"/{language}/").content.decode()
    return re.findall(r"<h2[^>]*>(.*?)</h2>", html[html.index("<main") : html.index("</main>")])


@pytest.fixture
def full(site):
    factories.make_top_task()
    factories.make_event()
    factories.make_office()
    factories.make_publication()
    Notice.objects.create(text_de="Morgen ist geschlossen.", status=Publishable.Status.PUBLISHED)
    site.introduction_de = "<p>Wir sind für Sie da.</p>"
    site.save()


def test_a_new_portal_begins_with_the_usual_order(client, full):
    assert [block.kind for block in HomeBlock.objects.all()] == list(USUAL)
    assert headings(client) == [
        "Was brauchen Sie?",
        "Aktuelle Hinweise",
        "Nächste Veranstaltungen",
        "Über uns",
        "Wer für Sie da ist",
        "Zum Herunterladen",
    ]


def test_staff_arrange_rename_and_hide_the_parts(editor, full):
    rows = {block.kind: block for block in HomeBlock.objects.all()}
    total = len(rows)
    data = {"form-TOTAL_FORMS": total, "form-INITIAL_FORMS": total, "_save": "1"}
    for number, block in enumerate(rows.values()):
        data |= {f"form-{number}-id": block.pk, f"form-{number}-order": 99 if block.kind == "tasks" else block.order}
        if block.kind != "publications":
            data[f"form-{number}-shown"] = "on"
    assert editor.post("/admin/portal/homeblock/", data).status_code == 302
    about = rows["about"]
    answer = editor.post(
        f"/admin/portal/homeblock/{about.pk}/change/",
        {"kind": "about", "order": about.order, "shown": "on", "title_de": "Wer wir sind", "title_ar": "من نحن"},
    )
    assert answer.status_code == 302
    assert headings(editor) == [
        "Aktuelle Hinweise",
        "Nächste Veranstaltungen",
        "Wer wir sind",
        "Wer für Sie da ist",
        "Was brauchen Sie?",
    ]
    assert "من نحن" in headings(editor, "ar")


def test_a_call_needs_words_and_a_target_and_other_parts_come_once(editor, full):
    url = "/admin/portal/homeblock/add/"
    answer = editor.post(url, {"kind": "call", "order": "5", "shown": "on"})
    assert answer.content.decode().count("Ein Aufruf braucht Überschrift, Ziel und Text auf dem Knopf.") == 3
    answer = editor.post(url, {"kind": "events", "order": "5", "shown": "on"})
    assert "Diesen Teil gibt es schon." in answer.content.decode()
    call = {"kind": "call", "order": "5", "shown": "on", "title_de": "Machen Sie mit!", "link": "/stellen/"}
    answer = editor.post(url, {**call, "link_text_de": "Zu den Stellen"})
    assert answer.status_code == 302
    html = editor.get("/ar/").content.decode()
    assert '<a class="button" href="/ar/stellen/"><span lang="de" dir="ltr">Zu den Stellen</span></a>' in html
    assert headings(editor)[0] == "Machen Sie mit!"


def test_danger_stands_above_everything_and_other_notices_after_what_people_came_for(client, full):
    Notice.objects.create(text_de="Sturmwarnung", level="danger", status=Publishable.Status.PUBLISHED)
    html = client.get("/de/").content.decode()
    assert html.index("Sturmwarnung") < html.index("<h1>") < html.index("Was brauchen Sie?") < html.index("Morgen ist")
    other = client.get("/de/stellen/").content.decode()
    assert other.index("Sturmwarnung") < other.index("<h1>")
    assert other.index("Morgen ist") < other.index("<h1>")


def test_an_example_that_says_nothing_of_the_home_page_gets_the_usual_one(client):
    call_command("load_example", "leer", verbosity=0)
    assert [block.kind for block in HomeBlock.objects.all()] == list(USUAL)
    HomeBlock.objects.filter(kind="events").delete()
    arrange_home()
    assert not HomeBlock.objects.filter(kind="events").exists()  # what staff have taken away does not come back
