"""Which translation can be trusted: what the hashes say, and nothing else."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.offices.models import Meeting, Office, Task, WorkingGroup
from integration.wegweiser.models import Contact
from lotsen.models import MailText
from portal.groups import COORDINATORS, EDITORS, TRANSLATORS
from portal.models import Link, Page
from portal.translations import parts, states
from portal.translations.models import Origin, SourceText, Translation, Translator
from tests.conftest import form_data, log_in, staff
from tests.factories import make_group, make_office, make_page, make_service, make_service_contact, make_task

State = Translation.State
pytestmark = pytest.mark.django_db


def state(content, language="ar"):
    return State(Translation.objects.get(kind=content._meta.label_lower, object_id=content.pk, language=language).state)


def translated(make=make_office, **fields):
    return make(title_de="Amt", title_ar="مكتب", lead_de=None, **fields)


# States ---------------------------------------------------------------------------------------------


def test_a_text_without_translation_is_missing():
    office = make_office(title_de="Amt", lead_de="Wir helfen.", title_ar="مكتب")
    assert state(office) == state(office, "en") == State.MISSING


def test_a_text_with_translation_is_current_until_the_german_text_changes_and_again_when_it_is_changed_back():
    office = translated()
    assert state(office) == State.CURRENT
    office.title_de = "Neues Amt"
    office.save()
    assert state(office) == State.OUTDATED
    assert state(office, "en") == State.MISSING
    office.title_de = "Amt"
    office.save()
    assert state(office) == State.CURRENT


def test_a_new_translation_is_made_from_the_german_text_of_now():
    office = translated()
    office.title_de = "Neues Amt"
    office.save()
    office.title_ar = "مكتب جديد"
    office.save()
    assert state(office) == State.CURRENT


def test_what_a_machine_has_translated_says_so_until_somebody_has_read_it():
    office = translated(machine_translated=["ar"])
    assert state(office) == State.MACHINE
    office.machine_translated = []
    office.save()
    assert state(office) == State.CURRENT


def test_the_worst_text_counts_and_those_of_the_parts_too():
    office = translated()
    task = make_task(office, title_de="Beraten", title_ar="مشورة", text_de=None)
    assert state(office) == State.CURRENT
    task.title_de = "Gut beraten"
    task.save()
    assert state(office) == State.OUTDATED
    make_task(office, title_de="Vernetzen", text_de=None)
    assert state(office) == State.MISSING
    office.tasks.all().delete()
    assert state(office) == State.CURRENT


def test_spaces_and_encodings_are_no_change():
    page = make_page(title_de="Über uns", title_ar="من نحن", lead_de=None, body_de="<p>Gut</p>", body_ar="<p>حسن</p>")
    page.title_de = "U\u0308ber  uns "
    page.body_de = '<p onclick="x()">Gut</p>\n'
    page.save()
    assert state(page) == State.CURRENT


def test_a_part_that_moves_takes_its_state_along():
    one, other = translated(slug="eins"), translated(slug="zwei")
    group = make_group(one, title_de="Kreis", title_ar="دائرة", text_de=None)
    meeting = Meeting.objects.create(group=group, starts_at=timezone.now(), subject_de="Wohnen")
    assert (state(one), state(other)) == (State.MISSING, State.CURRENT)
    group.office = other
    group.save()
    assert (state(one), state(other)) == (State.CURRENT, State.MISSING)
    meeting.delete()
    assert state(other) == State.CURRENT


def test_a_contact_belongs_to_what_it_is_the_contact_of():
    service = make_service(title_de="Beratung", lead_de=None)
    contact = make_service_contact(service, label_de="Sekretariat")
    assert parts.owner(Contact.objects.get(pk=contact.pk)) == service
    found = {part.__name__ for part, _ways in parts.parts(type(service))}
    assert found == {"ServiceAtLocation", "Contact", "OpeningHours", "SpokenLanguage"}


def test_nothing_is_left_of_what_is_deleted():
    office = translated()
    make_task(office, title_de="Beraten", text_de=None)
    office.delete()
    assert not Translation.objects.exists()
    assert not Origin.objects.exists()
    states.forget_sources()
    assert not SourceText.objects.exists()


def test_saving_something_else_reads_no_old_texts():
    office = translated()
    old = Office.objects.get(pk=office.pk)
    office.title_de = "Neues Amt"
    office.save()
    old.order = 7
    old.save(update_fields=["order"])
    assert state(office) == State.OUTDATED
    late = Office.objects.only("order").get(pk=office.pk)
    late.order = 8
    late.save()
    assert state(office) == State.OUTDATED


# All at once ----------------------------------------------------------------------------------------


def test_what_is_there_at_the_beginning_is_taken_as_current():
    office = translated()
    Translation.objects.all().delete()
    Origin.objects.all().delete()
    states.begin()
    assert state(office) == State.CURRENT


def test_what_was_written_past_the_signals_is_caught_up_with():
    office, gone = translated(slug="eins"), translated(slug="zwei")
    Office.objects.filter(pk=office.pk).update(title_de="Neues Amt")
    rows = Office._base_manager.filter(pk=gone.pk)
    rows._raw_delete(rows.db)
    call_command("check_translations")
    assert state(office) == State.OUTDATED
    assert not Translation.objects.filter(object_id=gone.pk).exists()
    assert not Origin.objects.filter(object_id=gone.pk).exists()


def test_an_example_is_loaded_as_current_whatever_was_there(site):
    site.title_de, site.title_ar = "Portal", "بوابة"
    site.save()
    call_command("load_example", "musterland", verbosity=0)
    assert set(Translation.objects.values_list("state", flat=True)) == {State.MACHINE}
    before = list(Translation.objects.order_by("pk").values())
    states.check()
    assert list(Translation.objects.order_by("pk").values()) == before


# Whatever happens -----------------------------------------------------------------------------------

SHORT = ["", "A", "B", " A ", "A  B", "A B"]
RICH = ["", "<p>A</p>", "<p>B</p>", '<p onclick="x()">A</p>', "<p>A</p>\n", "<h2>B</h2>"]
FIELDS = {"office": ["lead", "body"], "task": ["title", "text"], "group": ["text"], "meeting": ["subject"]}
CODES = ["de", "ar", "en"]
row = st.sampled_from([(kind, n, name) for kind, names in FIELDS.items() for n in range(2) for name in names])
operation = st.one_of(
    st.tuples(st.just("write"), row, st.sampled_from(CODES), st.integers(0, 5)),
    st.tuples(st.just("write German"), row, st.just("de"), st.integers(1, 2)),
    st.tuples(st.just("write two"), row, st.sampled_from(CODES[1:]), st.integers(0, 5)),
    st.tuples(st.just("write past"), row, st.sampled_from(CODES), st.integers(0, 5)),
    st.tuples(
        st.sampled_from(["resave", "order", "still right", "old instance"]), row, st.sampled_from(CODES[1:]), st.just(0)
    ),
    st.tuples(st.sampled_from(["status", "update", "machine", "check"]), row, st.sampled_from(CODES[1:]), st.just(0)),
    st.tuples(st.sampled_from(["move", "delete and add"]), row, st.sampled_from(CODES[1:]), st.just(0)),
)


def plain(text):
    """What counts of the texts above, said anew."""
    return " ".join((text or "").replace(' onclick="x()"', "").split())


class Plain:
    """The same rules with dictionaries: what each translation was made from."""

    def __init__(self):
        self.owner, self.texts, self.made, self.machine = {}, {}, {}, {0: set(), 1: set()}

    def write(self, row, name, code, text):
        self.texts[row, name, code] = plain(text)

    def settle(self):
        """After a save: new translations were made from the German of now."""
        for (row, name, code), text in self.texts.items():
            if code == "de":
                continue
            if not text:
                self.made.pop((row, name, code), None)
            elif self.made.get((row, name, code), (None, None))[1] != text:
                self.made[row, name, code] = self.texts.get((row, name, "de"), ""), text

    def still_right(self, row, name, code):
        if text := self.texts.get((row, name, code)):
            self.made[row, name, code] = self.texts.get((row, name, "de"), ""), text

    def forget(self, row):
        for found in (self.texts, self.made):
            for key in [key for key in found if key[0] == row]:
                del found[key]

    def state(self, office, code):
        worst = State.NOTHING
        for (row, name, language), german in self.texts.items():
            if language != "de" or not german or self.owner[row] != office:
                continue
            made = self.made.get((row, name, code))
            own = State.MISSING if made is None else State.CURRENT if made[0] == german else State.OUTDATED
            worst = max(worst, own)
        return State.MACHINE if worst == State.CURRENT and code in self.machine[office] else worst


class Portal:
    """Two offices with a task and a round with a meeting each, and the plain model of them."""

    def __init__(self):
        self.plain = Plain()
        self.pks, self.places = {}, {}
        for n in range(2):
            self.add(("office", n), make_office(title_de="Amt", title_ar="Amt", title_en="Amt"), n)
            self.add(("task", n), Task.objects.create(office=self.row(("office", n))), n)
            self.add(("group", n), WorkingGroup.objects.create(office=self.row(("office", n))), n)
            meeting = Meeting.objects.create(group=self.row(("group", n)), starts_at=timezone.now())
            self.add(("meeting", n), meeting, n)
            for code in CODES:
                self.plain.write(("office", n), "title", code, "Amt")
        self.plain.settle()

    def add(self, place, row, office):
        self.pks[place], self.plain.owner[place] = row.pk, office

    def row(self, place):
        return {"office": Office, "task": Task, "group": WorkingGroup, "meeting": Meeting}[place[0]].objects.get(
            pk=self.pks[place]
        )

    def do(self, operation):
        what, (kind, n, name), code, number = operation
        place = (kind, n)
        row = self.row(place)
        office = self.row(("office", self.plain.owner[place]))
        text = (RICH if name == "body" else SHORT)[number]
        if what in {"write", "write German", "write two"}:
            setattr(row, f"{name}_{code}", text)
            self.plain.write(place, name, code, text)
            if what == "write two":
                setattr(row, f"{name}_de", RICH[2] if name == "body" else SHORT[2])
                self.plain.write(place, name, "de", RICH[2] if name == "body" else SHORT[2])
            row.save()
        elif what == "write past":
            type(row).objects.filter(pk=row.pk).update(**{f"{name}_{code}": text})
            self.plain.write(place, name, code, text)
            states.record_contents(Office, [office.pk])
        elif what == "resave":
            row.save()
        elif what == "order" and kind == "task":
            row.order += 1
            row.save(update_fields=["order"])
        elif what == "still right":
            states.still_right([(row, name)], code)
            self.plain.still_right(place, name, code)
        elif what == "old instance":
            type(row).objects.only("pk").get(pk=row.pk).save()
        elif what == "status":
            office.status = {"draft": "published", "published": "archived", "archived": "draft"}[office.status]
            office.save()
        elif what == "update":
            Office.objects.filter(pk=office.pk).update(order=3, modified=timezone.now())
        elif what == "machine":
            self.plain.machine[self.plain.owner[place]] ^= {code}
            office.machine_translated = sorted(self.plain.machine[self.plain.owner[place]])
            office.save()
        elif what == "check":
            states.check()
        elif what == "move" and kind in {"task", "group"}:
            other = 1 - self.plain.owner[place]
            row.office = self.row(("office", other))
            row.save()
            self.plain.owner[place] = other
            if kind == "group":
                self.plain.owner["meeting", n] = other
        elif what == "delete and add" and kind == "task":
            row.delete()
            self.plain.forget(place)
            self.add(place, Task.objects.create(office=office), self.plain.owner[place])
        self.plain.settle()

    def compare(self):
        kind = Office._meta.label_lower
        for n in range(2):
            cells = Translation.objects.filter(kind=kind, object_id=self.pks["office", n])
            found = {cell.language: State(cell.state) for cell in cells}
            for code in CODES[1:]:
                assert found[code] == self.plain.state(n, code), (n, code)


def seen(operations):
    with transaction.atomic():
        portal = Portal()
        portal.compare()
        for step in operations:
            portal.do(step)
            portal.compare()
        transaction.set_rollback(True)


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(operation, min_size=40, max_size=42))
def test_the_state_is_always_what_the_hashes_say(operations):
    """A thousand edits and more, in any order."""
    seen(operations)


def test_the_comparison_notices_states_from_time_stamps(monkeypatch):
    def by_time(row, name, language):
        found = states.digest_of(parts.value(row, name, language))
        return f"{row.modified}" if found and language == "de" and isinstance(row, Office) else found

    monkeypatch.setattr(states, "digest", by_time)
    monkeypatch.setattr(
        states,
        "state_of",
        lambda german, translation, made: State.OUTDATED if made and made[2] < german else State.CURRENT,
    )
    with pytest.raises(AssertionError):
        seen([("resave", ("office", 0, "lead"), "ar", 0)])


# Staff ----------------------------------------------------------------------------------------------


MATRIX = "/admin/translations/translation/"


def edit(content, language="ar"):
    return f"{MATRIX}{content._meta.label_lower}/{content.pk}/{language}/"


def test_the_matrix_shows_each_content_with_each_language(editor, site):
    office = translated()
    office.title_de = "Neues Amt"
    office.save()
    html = editor.get(MATRIX).text
    assert "Neues Amt" in html and "veraltet" in html and "fehlt" in html
    assert edit(office) in html
    assert 'scope="row"' in html


def test_the_matrix_can_be_narrowed_down(editor, site):
    missing = make_office(title_de="Ohne Arabisch", lead_de=None)
    draft = translated(status="draft")
    page = make_page(title_de="Eine Seite", title_ar="صفحة", lead_de=None)

    def shown(query):
        html = editor.get(f"{MATRIX}?{query}").text
        return {content for content in (missing, draft, page) if edit(content) in html}

    assert shown("sprache=ar") == {missing, draft, page}
    assert shown("sprache=ar&zustand=missing") == {missing}
    assert shown("zustand=missing") == {missing, draft, page}
    assert shown("sprache=ar&art=portal.page") == {page}
    assert shown("sprache=ar&nur_oeffentliche=on") == {missing, page}
    assert shown(f"sprache=ar&art=offices.office&nr={draft.pk}") == {draft}
    assert shown("sprache=xx&zustand=xx&art=xx&nr=x&p=x&nur_oeffentliche=x") == {missing, draft, page} - {draft}


@pytest.mark.parametrize("address", [MATRIX, "/admin/offices/office/"])
def test_a_list_asks_as_many_queries_for_40_contents_as_for_4(editor, site, django_assert_num_queries, address):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert editor.get(address).status_code == 200
        return len(captured)

    for _ in range(4):
        make_task(translated())
    queries()
    few = queries()
    for _ in range(36):
        make_task(translated())
    assert queries() == few


def test_the_list_of_contents_says_how_far_each_is(editor, site):
    office = translated(title_en="Office", title_fr="Office")
    office.title_de = "Amt neu"
    office.title_fr = "Bureau"
    office.save()
    html = editor.get("/admin/offices/office/").text
    assert "2/12</a> (8 fehlen, 2 veraltet)" in html


def test_the_usual_form_leads_to_the_translations_of_a_content_or_of_what_a_part_belongs_to(editor, site):
    office = make_office()
    group = make_group(office)
    link = f'href="{MATRIX}?art=offices.office&amp;nr={office.pk}"'
    assert link in editor.get(f"/admin/offices/office/{office.pk}/change/").text
    assert link in editor.get(f"/admin/offices/workinggroup/{group.pk}/change/").text


def post(client, content, language="ar", **changed):
    """Sends the form of the page with these texts changed."""
    page = client.get(edit(content, language))
    assert page.status_code == 200
    data = form_data(page.text)
    return client.post(edit(content, language), {**data, **changed}, follow=True)


def test_a_translation_is_written_beside_the_german_text(editor, site):
    office = make_office(title_de="Amt", lead_de=None)
    task = make_task(office, title_de="Beraten & helfen", text_de=None)
    html = editor.get(edit(office)).text
    assert "Beraten &amp; helfen" in html
    assert 'lang="ar" dir="rtl"' in html
    post(editor, office, **{f"office-{office.pk}-title": "مكتب", f"task-{task.pk}-title": "مشورة"})
    office.refresh_from_db()
    task.refresh_from_db()
    assert (office.title_ar, task.title_ar, task.title_de) == ("مكتب", "مشورة", "Beraten & helfen")
    assert state(office) == State.CURRENT
    entry = LogEntry.objects.get()
    assert entry.object_id == str(office.pk)
    assert entry.change_message == "Übersetzt (Arabisch): Titel, Aufgabe"


def test_what_has_changed_in_german_is_shown_word_by_word(editor, site):
    page = make_page(
        title_de="Seite",
        title_ar="صفحة",
        lead_de=None,
        body_de="<p>Montag <strong>bis</strong> Freitag</p>",
        body_ar="<p>أ</p>",
    )
    page.body_de = "<p>Montag <strong>bis</strong> Samstag &amp; mehr</p>"
    page.save()
    html = editor.get(edit(page)).text
    assert '<del><span class="visually-hidden">entfällt: </span>Freitag' in html
    assert '<ins><span class="visually-hidden">neu: </span>Samstag &amp; mehr' in html


def test_still_right_takes_one_click(editor, site):
    office = translated()
    task = make_task(office, title_de="Beraten", title_ar="مشورة", text_de=None)
    for row in (office, task):
        row.title_de += "!"
        row.save()
    post(editor, office, still=f"task-{task.pk}-title")
    assert state(office) == State.OUTDATED
    post(editor, office, still="*")
    assert state(office) == State.CURRENT
    task.refresh_from_db()
    assert task.title_ar == "مشورة"


def test_somebody_who_has_read_a_machines_text_says_so(editor, site):
    office = translated(machine_translated=["ar", "en"])
    post(editor, office, reviewed="on")
    office.refresh_from_db()
    assert office.machine_translated == ["en"]
    assert state(office) == State.CURRENT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x" * 201, "höchstens 200"),
        ("a\0b", "Nullzeichen"),
    ],
)
def test_a_text_that_cannot_be_is_refused_and_kept_in_the_form(editor, site, text, says):
    office = make_office(title_de="Amt", lead_de="Wir", lead_ar="نحن")
    response = post(editor, office, **{f"office-{office.pk}-title": text, f"office-{office.pk}-lead": "نحن هنا"})
    assert says in response.text
    assert "Es ist noch nichts gesichert" in response.text
    assert "نحن هنا" in response.text
    office.refresh_from_db()
    assert (office.title_ar, office.lead_ar) == (None, "نحن")


def test_rich_text_is_cleaned_and_checked_as_in_the_usual_form(editor, site):
    page = make_page(title_de="Seite", lead_de=None, body_de="<p>Text</p>")
    key = f"page-{page.pk}-body"
    response = post(editor, page, **{key: "<h3>كلمة</h3><p>أ</p>"})
    assert "kleinen Überschrift" in response.text
    response = post(editor, page, **{key: '<p><a href="/gibt-es-nicht/">أ</a></p>'})
    assert "führen ins Leere" in response.text
    response = post(editor, page, **{key: '<p onclick="x()">أ <a href="https://example.org/">اضغط هنا</a></p>'})
    assert "Diese Linktexte sagen nicht, wohin sie führen" in response.text
    page.refresh_from_db()
    assert page.body_ar.startswith("<p>أ <a href=")


def test_what_somebody_else_has_written_meanwhile_is_not_lost(editor, site):
    office = make_office(title_de="Amt", title_ar="مكتب", lead_de="Wir", lead_ar="نحن")
    data = form_data(editor.get(edit(office)).text)
    Office.objects.get(pk=office.pk)
    office.title_ar, office.lead_ar = "مكتب آخر", "نحن جميعا"
    office.save()
    # Of two texts somebody else has changed one is changed here too.
    response = editor.post(edit(office), {**data, f"office-{office.pk}-title": "مكتبي"})
    assert "Inzwischen hat jemand anderes hier geschrieben: „مكتب آخر“" in response.text
    again = form_data(response.text)
    assert again[f"office-{office.pk}-title"] == "مكتبي"
    editor.post(edit(office), {**again, f"office-{office.pk}-title": "مكتبي"})
    office.refresh_from_db()
    assert office.title_ar == "مكتبي"


def test_a_german_text_that_changes_while_somebody_translates_is_shown_first(editor, site):
    office = make_office(title_de="Amt", lead_de=None)
    data = form_data(editor.get(edit(office)).text)
    office.title_de = "Behörde"
    office.save()
    key = f"office-{office.pk}-title"
    response = editor.post(edit(office), {**data, key: "مكتب"})
    assert "Der deutsche Text hat sich inzwischen geändert" in response.text
    editor.post(edit(office), {**form_data(response.text), key: "سلطة"})
    assert state(office) == State.CURRENT


def test_save_and_next_leads_to_what_is_to_be_done_next(editor, site):
    one, done, other = make_office(lead_de=None), translated(), make_office(lead_de=None)
    response = post(editor, one, _next="1")
    assert response.redirect_chain[-1][0] == edit(other)
    assert done
    last = Page.objects.create(title_de="Letzte", slug="letzte")
    response = post(editor, last, _next="1")
    assert response.redirect_chain[-1][0].startswith(edit(site)) or MATRIX in response.redirect_chain[-1][0]


def test_an_address_that_leads_nowhere_is_answered_in_words(editor, site):
    assert editor.get(f"{MATRIX}offices.office/99999/ar/", follow=True).status_code == 200
    assert editor.post(f"{MATRIX}offices.office/99999/ar/", follow=True).status_code == 200
    assert editor.get(f"{MATRIX}offices.office/{10**30}/ar/").status_code == 404
    assert editor.get(f"{MATRIX}auth.user/1/ar/").status_code == 404
    assert editor.get(f"{MATRIX}offices.office/1/de/").status_code == 404


# Who may --------------------------------------------------------------------------------------------


@pytest.fixture
def translator(client, db):
    """A client logged in as somebody who translates into Arabic and English."""
    user = staff("uebersetzung", TRANSLATORS)
    Translator.objects.create(user=user, languages=["ar", "en"])
    log_in(client, user)
    return client


def test_translators_see_their_languages_and_nothing_else(translator, site):
    office = make_office(lead_de=None)
    html = translator.get(MATRIX).text
    assert "Arabisch" in html and "Englisch" in html and "Türkisch" not in html
    post(translator, office, **{f"office-{office.pk}-title": "مكتب"})
    office.refresh_from_db()
    assert office.title_ar == "مكتب"
    assert translator.get(edit(office, "tr")).status_code == 403
    assert translator.post(edit(office, "tr"), {}).status_code == 403
    for address in ("/admin/offices/office/", f"/admin/offices/office/{office.pk}/change/", "/admin/auth/user/"):
        assert translator.get(address).status_code == 403
    index = translator.get("/admin/").text
    assert MATRIX in index and 'href="/admin/offices/office/"' not in index


def test_a_translator_sees_a_draft_as_it_will_look(translator, site):
    office = make_office(status="draft", title_de="Amt im Entwurf")
    preview = f"/admin/offices/office/{office.pk}/vorschau/ar/"
    assert f'href="{preview}"' in translator.get(edit(office)).text
    assert "Amt im Entwurf" in translator.get(preview).text
    translator.logout()
    assert translator.get(preview).status_code == 302


def test_what_has_no_page_of_its_own_has_no_preview(translator, site):
    assert "Vorschau" not in translator.get(edit(Link.objects.create(title_de="Amt", url="https://example.org/"))).text


def test_the_start_page_links_no_action_to_a_form_one_may_not_open(translator, site):
    office = make_office(title_de="Amt für alles")
    post(translator, office, **{f"office-{office.pk}-title": "مكتب"})
    change = f"/admin/offices/office/{office.pk}/change/"
    html = translator.get("/admin/").text
    assert "Amt für alles" in html and change not in html
    editor = staff("redaktion", EDITORS)
    LogEntry.objects.update(user=editor)
    log_in(translator, editor)
    assert f'<a href="{change}">Amt für alles</a>' in translator.get("/admin/").text


def test_confidential_texts_are_not_for_translators_and_not_for_the_editors(translator, site):
    text = MailText.objects.create(name="Zusage", subject_de="Willkommen", body_de="Hallo")
    assert translator.get(edit(text)).status_code == 403
    assert "Zusage" not in translator.get(MATRIX).text
    log_in(translator, staff("redaktion", EDITORS))
    assert translator.get(edit(text)).status_code == 403
    assert "Zusage" not in translator.get(MATRIX).text
    log_in(translator, staff("koordination", COORDINATORS))
    assert translator.get(edit(text)).status_code == 200
    assert translator.get(edit(make_office())).status_code == 403


def test_a_translator_without_languages_has_nothing_to_do(client, site):
    log_in(client, staff("neu", TRANSLATORS))
    assert client.get(MATRIX).status_code == 403
    assert client.get("/admin/").status_code == 200


def test_the_administration_says_who_translates_into_what(administrator, site):
    user = staff("uebersetzung", TRANSLATORS)
    address = f"/admin/auth/user/{user.pk}/change/"
    data = form_data(administrator.get(address).text)
    data["translator-0-languages"] = ["ar"]
    assert administrator.post(address, data).status_code == 302
    assert Translator.objects.get(user=user).languages == ["ar"]
    data = form_data(administrator.get(address).text)
    data["translator-0-languages"] = ["de"]
    assert "Deutsch ist die Sprache" in administrator.post(address, data).text


# Readers --------------------------------------------------------------------------------------------


def test_readers_are_told_that_the_german_page_is_newer(client, site):
    office = translated(slug="amt")
    assert "neuer als diese" not in client.get("/ar/stellen/amt/").text
    Origin.objects.update()
    office.title_de = "Neues Amt"
    office.save()
    Translation.objects.filter(language="ar").update(as_of="2026-03-05")
    html = client.get("/ar/stellen/amt/").text
    assert 'href="/de/stellen/amt/"' in html
    assert "2026" in html.partition('class="note newer"')[2][:600]
    assert 'class="note newer"' not in client.get("/de/stellen/amt/").text
    assert 'class="note newer"' not in client.get("/en/stellen/amt/").text  # all of it is German there


def test_the_notice_costs_one_query_and_only_on_pages_in_another_language(client, site):
    translated(slug="amt")

    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    queries("/de/stellen/amt/")
    assert queries("/ar/stellen/amt/") == queries("/de/stellen/amt/") + 1
    assert queries("/ar/stellen/") == queries("/de/stellen/")
