"""A machine fills what is empty and nothing else; all that can go wrong with it is said in words."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from portal.translations import machine
from tests.factories import make_office, make_page, make_task
from tests.test_translations import State, edit, post, state

pytestmark = pytest.mark.django_db
BUTTON = "Fehlendes maschinell übersetzen"


@pytest.fixture
def service(settings, site):
    """A translation service on this machine; `answer` is what it says to a question, or an HTTP status."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, question, self.headers.get("Authorization")))
            answer = server.answer(question)
            status = answer if isinstance(answer, int) else 200
            self.send_response(status)
            if status in {301, 302}:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.end_headers()
            if status == 200:
                self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked = asked
    server.answer = lambda question: {"translatedText": [f"[{text}]" for text in question["q"]]}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.MACHINE_TRANSLATION_URL = f"libretranslate+http://127.0.0.1:{server.server_port}/lt?key=geheim"
    yield server
    server.shutdown()
    server.server_close()


def press(client, content, language="ar"):
    return client.post(edit(content, language), {"machine": "1"}, follow=True)


def test_only_what_is_empty_is_filled_and_marked_as_a_machines(editor, service):
    office = make_office(title_de="Amt", title_ar="مكتب", lead_de="Wir helfen.")
    task = make_task(office, title_de="Beraten", text_de=None)
    assert BUTTON in editor.get(edit(office)).text
    assert "2 Texte maschinell übersetzt" in press(editor, office).text
    office.refresh_from_db()
    task.refresh_from_db()
    assert (office.title_ar, office.lead_ar, task.title_ar) == ("مكتب", "[Wir helfen.]", "[Beraten]")
    assert office.machine_translated == ["ar"]
    assert state(office) == State.MACHINE
    path, question, _key = service.asked[0]
    assert path == "/lt/translate"
    assert question == {
        "q": ["Wir helfen.", "Beraten"], "source": "de", "target": "ar", "format": "text", "api_key": "geheim"
    }  # fmt: skip


def test_formatted_text_is_sent_as_html_and_cleaned(editor, service):
    page = make_page(title_de="Seite", title_ar="صفحة", lead_de=None, body_de="<p>Text</p>")
    service.answer = lambda question: {"translatedText": ['<p onclick="x()">نص<script>x</script></p>']}
    press(editor, page)
    page.refresh_from_db()
    assert page.body_ar == "<p>نص</p>"
    assert service.asked[0][1]["format"] == "html"


def test_an_answer_that_does_not_fit_is_left_out_by_name(editor, service):
    office = make_office(title_de="Amt", lead_de="Wir")
    service.answer = lambda question: {"translatedText": ["x" * 300, "نحن"]}
    assert "Nicht zu gebrauchen war die Antwort der Maschine bei: Titel" in press(editor, office).text
    office.refresh_from_db()
    assert (office.title_ar, office.lead_ar) == (None, "نحن")


def test_what_somebody_writes_while_the_machine_thinks_is_not_overwritten(editor, service, monkeypatch):
    office = make_office(title_de="Amt", lead_de="Wir")

    def slowly(texts, target, html):
        type(office).objects.filter(pk=office.pk).update(title_ar="مكتب", lead_de="Wir alle")
        return ["آلة"] * len(texts)

    monkeypatch.setattr(machine, "translate", slowly)
    press(editor, office)
    office.refresh_from_db()
    assert (office.title_ar, office.lead_ar) == ("مكتب", None)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (403, "Der Schlüssel stimmt nicht."),
        (429, "Zu viele Anfragen"),
        (456, "Das Kontingent ist aufgebraucht"),
        (500, "meldet Fehler 500"),
        (302, "meldet Fehler 302"),
        (b"<html>", "nicht zu verstehen"),
        ([], "nicht zu verstehen"),
        ({}, "nicht zu verstehen"),
        ({"translatedText": "eins"}, "nicht zu verstehen"),
        ({"translatedText": []}, "nicht zu verstehen"),
        ({"translatedText": [None]}, "nicht zu verstehen"),
    ],
)
def test_what_goes_wrong_is_said_and_nothing_changes(editor, service, answer, says):
    office = make_office(title_de="Amt", lead_de=None)
    service.answer = lambda question: answer
    response = press(editor, office)
    assert says in response.text and "Es wurde nichts geändert" in response.text
    office.refresh_from_db()
    assert (office.title_ar, office.machine_translated) == (None, [])


def test_a_service_that_is_slow_or_gone_is_given_up(editor, service, monkeypatch, settings):
    office = make_office(title_de="Amt", lead_de=None)
    monkeypatch.setattr(machine, "TIMEOUT", 0.3)
    wait = threading.Event()
    service.answer = lambda question: wait.wait(3) or 500
    assert "lang nicht geantwortet" in press(editor, office).text
    wait.set()
    settings.MACHINE_TRANSLATION_URL = "libretranslate+http://127.0.0.1:9/"
    assert "nicht zu erreichen" in press(editor, office).text


def test_there_is_no_button_where_no_machine_can_help(editor, service, settings):
    office = make_office(title_de="Amt", lead_de=None)
    assert BUTTON not in editor.get(edit(office, "kmr")).text
    assert "kann hier keine Maschine übersetzen" in press(editor, office, "de-simple").text
    settings.MACHINE_TRANSLATION_URL = ""
    assert BUTTON not in editor.get(edit(office)).text
    assert "kann hier keine Maschine übersetzen" in press(editor, office).text
    assert service.asked == []


def test_deepl_is_asked_as_it_wants_to_be(service, settings, monkeypatch):
    asked = []
    monkeypatch.setattr(
        machine, "post", lambda *question, **more: asked.append(question) or {"translations": [{"text": "Office"}]}
    )
    settings.MACHINE_TRANSLATION_URL = "deepl://schluessel:fx"
    assert machine.translate(["Amt"], "en", html=True) == ["Office"]
    place, question, headers = asked[0]
    assert place == "api-free.deepl.com/v2/translate"
    assert question == {"text": ["Amt"], "source_lang": "DE", "target_lang": "EN-GB", "tag_handling": "html"}
    assert headers == {"Authorization": "DeepL-Auth-Key schluessel:fx"}


def test_a_person_who_has_read_it_takes_the_mark_away(editor, service):
    office = make_office(title_de="Amt", lead_de=None)
    press(editor, office)
    post(editor, office, reviewed="on")
    assert state(office) == State.CURRENT
