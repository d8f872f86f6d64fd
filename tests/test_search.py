"""What readers find, whatever they type."""

import random
import re
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import languages
from portal.models import Page, SiteProfile
from portal.search import index, query, words
from portal.search.findable import Site
from portal.search.models import SearchEntry, SearchWord
from portal.timer import jobs
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def saving(django_capture_on_commit_callbacks):
    """What is saved within is searchable after it, as after a request of the editors'."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def page_of(client, text, language="de", **more):
    response = client.get(f"/{language}/suche/", {"q": text, **more})
    assert response.status_code == 200, text
    assert not response.cookies
    return response.content.decode()


def found(client, text, language="de", **more):
    """The titles of the results, in order."""
    titles = re.findall(r"<h3><a[^>]*>(.*?)</a></h3>", page_of(client, text, language, **more), re.S)
    return [unescape(re.sub(r"<[^>]+>", "", title)) for title in titles]


def addresses(client, text, language="de"):
    return re.findall(r'<h3><a href="([^"]+)"', page_of(client, text, language))


def status(html):
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", re.search(r'role="status">(.*?)</p>', html, re.S)[1])))


# How words are written and inflected ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Behörde", "Behoerde"), ("Behörde", "Behorde"), ("Übung", "Uebung"), ("Europäer", "Europaeer"),
        ("Straße", "Strasse"), ("STRASSE", "straße"), ("école", "ecole"), ("e\u0301cole", "école"),
        ("ışık", "isik"), ("İstanbul", "istanbul"), ("szkoła", "szkola"), ("școală", "scoala"), ("dibistanê", "dibistane"),
        ("ёлка", "елка"), ("إقامة", "اقامه"), ("أسرة", "اسره"), ("الآن", "الان"), ("كتاب", "کتاب"), ("على", "علي"),
        ("علی", "علي"), ("مَدْرَسَة", "مدرسة"), ("مـدرسة", "مدرسة"), ("١٢٣", "123"), ("۱۲۳", "123"), ("cœur", "coeur"),
    ],
)  # fmt: skip
def test_these_are_one_word(one, other):
    assert words.fold(one) == words.fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("neue", "neu"), ("Bauer", "Baur"), ("Quelle", "Qulle"), ("Steuer", "Steur"), ("Haus", "Maus"), ("Amt", "Art")],
)
def test_these_are_two_words(one, other):
    assert words.fold(one) != words.fold(other)


@pytest.mark.parametrize(
    ("language", "written", "typed"),
    [
        ("de", "Beratungen", "Beratung"), ("de", "Häuser", "Haus"), ("en", "courses", "course"),
        ("ar", "والإقامة", "إقامة"), ("ar", "المدرسة", "مدرسه"), ("fa", "خانه‌ها", "خانه ها"), ("fa", "کودکان", "كودك"),
        ("ru", "школы", "школа"), ("tr", "çocuklar", "cocuk"), ("fr", "l’école", "ecoles"), ("fr", "école", "l'école"), ("tr", "Türkiye", "Türkiye'de"), ("pl", "szkoły", "szkola"),
        ("ro", "școala", "scoala"), ("uk", "сім’я", "сім'я"), ("uk", "сім’я", "сімя"), ("kmr", "xwendin", "xwendın"),
        ("de-simple", "Integrations-Kurs", "Integrationskurs"), ("de", "Berater*innen", "Berater"),
        ("de", "U-Bahn", "ubahn"), ("de", "U-Bahn", "u-bahn"), ("de", "Bera\u00adtung", "Beratung"),
    ],
)  # fmt: skip
def test_words_are_found_by_other_forms_and_spellings(client, site, saving, language, written, typed):
    with saving():
        factories.make_page(**{"title_de": "Seite", f"title_{language.replace('-', '_')}": f"A {written} b"})
    assert found(client, typed, language) == [f"A {written} b"]


def test_compounds_are_found_by_their_parts(client, site, saving):
    text = "Sprache und Integration, Jugend, Haus, Fahrt, Rad, Angebot, Beratung, be, ge, Stelle, Migration"
    with saving():
        factories.make_page(title_de="Wörter", lead_de=text)
        for word in ("Sprachkurs", "Integrationskurse", "Kursangebot", "Jugendamt", "Gesamtbetrag", "Hausarzt",
                     "Beratungsstelle", "Migrationsberatungsstelle", "Exkursion"):  # fmt: skip
            factories.make_page(title_de=word)
    assert found(client, "Kurs") == ["Kursangebot", "Integrationskurse", "Sprachkurs"]
    assert found(client, "Kurse") == ["Kursangebot", "Integrationskurse", "Sprachkurs"]
    assert found(client, "Amt") == ["Jugendamt"]
    assert found(client, "Ämter") == ["Jugendamt"]
    assert found(client, "Arzt") == ["Hausarzt"]
    assert "Beratungsstelle" not in found(client, "Rat")
    assert found(client, "Beratung") == ["Beratungsstelle", "Migrationsberatungsstelle", "Wörter"]


def test_the_beginning_of_a_word_is_enough(client, site, saving):
    with saving():
        factories.make_page(title_de="Integration")
        factories.make_page(title_de="Interview")
    assert found(client, "Integr") == ["Integration"]
    assert found(client, "Int") == ["Interview", "Integration"]
    assert found(client, "Zw") == found(client, "tegr") == []


def test_all_words_have_to_match(client, site, saving):
    with saving():
        factories.make_page(title_de="Deutsch lernen", lead_de="im Sportverein")
        factories.make_page(title_de="Deutsch sprechen")
    assert found(client, "lernen deutsch") == ["Deutsch lernen"]
    assert found(client, "Sportverein Deutsch") == ["Deutsch lernen"]
    assert found(client, "Deutsch kochen") == []


# In every language ----------------------------------------------------------------------------------


def test_german_found_on_an_arabic_page_is_marked_as_german(client, site, saving):
    with saving():
        factories.make_page(title_de="Nur Deutsch", slug="nur-deutsch", lead_de="Ein Sprachkurs für alle")
        factories.make_page(title_de="Lernen", title_ar="تعلّم", lead_de="Noch ein Sprachkurs", lead_ar="دورة")
    html = page_of(client, "Sprachkurs", "ar")
    assert '<a href="/ar/nur-deutsch/" lang="de" dir="ltr">Nur Deutsch</a>' in html
    assert '<p lang="de" dir="ltr">Noch ein <mark>Sprachkurs</mark></p>' in html
    assert re.search(r'<a href="/ar/lernen/">تعلّم</a>', html)
    assert 'role="note"' in html


def test_numbers_and_german_in_brackets_keep_their_order_in_arabic(client, site, saving):
    with saving():
        factories.make_page(title_de="Amt", title_ar="مكتب (Neues Amt)", lead_ar="الهاتف 030 23125-110", slug="amt")
    html = page_of(client, "مكتب", "ar")
    assert '<mark>مكتب</mark> <bdi lang="de" dir="ltr">(Neues Amt)</bdi>' in html
    assert '<bdi dir="ltr">030 23125-110</bdi>' in html


# The order ------------------------------------------------------------------------------------------


def test_words_in_the_title_come_first_then_beginnings_then_compounds(client, site, saving):
    with saving():
        factories.make_page(title_de="Etwas anderes", lead_de="Hier geht es um Sprache und einen Kurs.")
        factories.make_page(title_de="Ein Sprachkurs")
        factories.make_page(title_de="Kursbuch")
        factories.make_page(title_de="Zwei Kurse")
        factories.make_page(title_de="Der Kurs")
        factories.make_page(title_de="Älterer Text", lead_de="Kurs")
    everything = ["Der Kurs", "Zwei Kurse", "Kursbuch", "Ein Sprachkurs", "Älterer Text"]
    assert found(client, "Kurs") == everything
    assert found(client, "Kurs", kind="portal.page") == [*everything, "Etwas anderes"]


def test_all_hits_of_one_kind_stand_on_pages(client, site, saving):
    with saving():
        for number in range(21):
            factories.make_page(title_de=f"Kurs {number}")
        factories.make_office(title_de="Kursbüro")
    html = page_of(client, "Kurs")
    assert len(found(client, "Kurs")) == 6
    assert '<a class="more" href="?q=Kurs&amp;kind=portal.page">Alle 21 Treffer in „Seiten“</a>' in html
    assert len(found(client, "Kurs", kind="portal.page")) == 20
    second = page_of(client, "Kurs", kind="portal.page", page=2)
    assert found(client, "Kurs", kind="portal.page", page=2) == ["Kurs 0"]
    assert "Seite 2 von 2" in second
    assert 'href="?q=Kurs&amp;kind=portal.page&amp;page=1"' in second
    assert 'href="?q=Kurs"' in second
    for wrong in ("3", "0", "-1", "abc", "9" * 5000, "%00", "٢"):
        response = client.get("/de/suche/", {"q": "Kurs", "kind": "portal.page", "page": wrong})
        assert response.status_code == 404, wrong
    assert len(found(client, "Kurs", kind="<script>", page="9")) == 6


def test_the_number_of_queries_does_not_grow_with_the_results(client, site, saving):
    def count(text, **more):
        with CaptureQueriesContext(connection) as captured:
            page_of(client, text, "ar", **more)
        return len(captured)

    def ask():
        return [count("Kurs"), count("Kurs", kind="portal.page"), count("Kusr"), count("Wort Kurs"), count("nichts")]

    topic = factories.make_topic(title_de="Kursthema")
    for total in (10, 90):
        with saving():
            for number in range(total):
                factories.make_page(title_de=f"Kurs {number}", lead_de="Wort")
                factories.make_office(title_de=f"Kursbüro {number}", topics=[topic])
        if total == 10:
            few = ask()
    assert ask() == few
    assert max(few) <= 9  # where nothing is kept; see test_page_cache.py


def test_who_is_found_and_how_well_is_what_the_words_say(db):
    """Against the rule as one would write it down, for one query after another."""
    chance = random.Random(7)
    known = ["kurs", "kursbuch", "radkurs", "amt", "jugendamt", "jugend", "rad", "buch", "rat"]
    contents = {}
    for number in range(1, 300):
        title, text = (chance.sample(known, chance.randrange(1, 4)) for _part in "ab")
        kind = chance.choice(["portal.page", "offices.office"])
        contents[kind, number] = title, text
    empty = dict.fromkeys(languages.BY_CODE, "")
    index.write(
        [
            index.entry(
                language, {**empty, "de": " ".join(title)},
                {**{code: [] for code in empty}, "de": [index.Text(" ".join(text), True)]},
                kind=kind, object_id=number, address="/", status="draft" if number % 10 == 0 else "published",
            )
            for (kind, number), (title, text) in contents.items()
            for language in ("de", "de-simple")
        ]
    )  # fmt: skip

    def rank(word, title, text):
        named = [token for token in title if word in token]
        if word in named:
            return 0
        if any(token.startswith(word) for token in named):
            return 1
        return 2 if named else 3 if any(word in token for token in text) else None

    site = Site("de-simple")
    for asked in ("kurs", "amt", "jugend amt", "buch", "kurs kurs", "rat buch", "rad kurs jugend", "amtlich"):
        expected = []
        for (kind, number), (title, text) in contents.items():
            ranks = [rank(word, title, text) for word in set(asked.split())]
            if None not in ranks and number % 10:
                expected.append((kind, sum(ranks), -number))
        places = site.places(site.findable.ask(asked).ranks, "", 1, 1000)
        assert [(place.kind, place.rank, -place.object_id) for place in places] == sorted(expected), asked
        pages = [row for row in sorted(expected) if row[0] == "portal.page"]
        some = site.places(site.findable.ask(asked).ranks, "portal.page", 11, 20)
        assert [-place.object_id for place in some] == [number for _kind, _rank, number in pages[10:20]]
        assert {place.count for place in some} <= {len(pages)}


# Typing errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["Wonung", "Wohhnung", "Wohmung", "Whonung", "Wohnungg"])
def test_one_typing_error_is_forgiven_and_told(client, site, saving, typed):
    with saving():
        factories.make_page(title_de="Wohnung suchen")
    html = page_of(client, typed)
    assert found(client, typed) == ["Wohnung suchen"]
    expected = f" Zu „{typed}“ haben wir nichts gefunden. Wir haben stattdessen gesucht: Wohnung 1 Treffer "
    assert status(html) == expected


@pytest.mark.parametrize(
    ("language", "written", "typed"),
    [("ar", "مدرسة", "مدسرة"), ("uk", "лікарня", "лікарна"), ("tr", "sağlık", "salik"), ("fa", "پزشک", "پزشگ")],
)
def test_typing_errors_are_forgiven_in_other_scripts(client, site, saving, language, written, typed):
    with saving():
        factories.make_page(**{"title_de": "Seite", f"title_{language}": written})
    assert found(client, typed, language) == [written]
    assert written in status(page_of(client, typed, language))


def test_nothing_is_corrected_where_something_is_found_or_two_letters_are_wrong(client, site, saving):
    with saving():
        factories.make_page(title_de="Wohnung")
        factories.make_page(title_de="Wohnungen")
        factories.make_page(title_de="Kur")
    assert "stattdessen" not in page_of(client, "Wohnungen")
    assert found(client, "Wonunk") == []
    assert found(client, "Kut") == []


def test_words_of_what_is_not_public_are_not_suggested(client, site, saving):
    tomorrow, yesterday = (timezone.now() + timedelta(days=days) for days in (1, -1))
    with saving():
        factories.make_page(title_de="Geheimplan", status="draft")
        factories.make_page(title_de="Zukunftsplan", publish_from=tomorrow)
        factories.make_page(title_de="Altlast", publish_until=yesterday)
    for text in ("Geheimpaln", "Zukunftspaln", "Altlats"):
        html = page_of(client, text)
        assert status(html).strip() == f"0 Treffer für „{text}“"
        assert "Geheimplan" not in html
        assert "Zukunftsplan" not in html
        assert "Altlast" not in html


# What is public -------------------------------------------------------------------------------------


def test_only_what_is_public_is_found_and_from_the_minute_it_is(client, site, saving, monkeypatch):
    now = timezone.now()
    with saving():
        factories.make_page(title_de="Kurs Entwurf", status="draft")
        factories.make_page(title_de="Kurs Archiv", status="archived")
        factories.make_page(title_de="Kurs morgen", publish_from=now + timedelta(days=1))
        factories.make_page(title_de="Kurs gestern", publish_until=now - timedelta(days=1))
        factories.make_page(title_de="Kurs jetzt", publish_until=now + timedelta(hours=1))
    assert found(client, "Kurs") == ["Kurs jetzt"]
    monkeypatch.setattr("portal.models.timezone.now", lambda: now + timedelta(days=2))
    assert found(client, "Kurs") == ["Kurs morgen"]


def test_no_declared_field_reaches_into_something_with_a_publication_of_its_own():
    from portal.models import Publishable

    for model in index.searchable_models():
        for path in model.search_fields:
            name, _hop, rest = path.partition("__")
            if rest:
                assert not issubclass(model._meta.get_field(name).related_model, Publishable), (model, path)


# In step with the contents --------------------------------------------------------------------------


def test_what_is_changed_published_and_deleted_is_found_as_it_is_now(client, site, saving):
    with saving():
        page = factories.make_page(title_de="Fahrschule", status="draft", slug="alt")
    assert found(client, "Fahrschule") == []
    with saving():
        page.status = "published"
        page.save()
    assert found(client, "Fahrschule") == ["Fahrschule"]
    with saving():
        page.title_de, page.slug = "Tanzschule", "neu"
        page.save()
    assert found(client, "Fahrschule") == []
    assert addresses(client, "Tanzschule") == ["/de/neu/"]
    with saving():
        page.delete()
    assert found(client, "Tanzschule") == []
    assert not SearchEntry.objects.filter(kind="portal.page").exists()


def test_what_belongs_to_a_content_is_found_with_it(client, site, saving):
    with saving():
        office = factories.make_office(title_de="Erste Stelle")
        other = factories.make_office(title_de="Zweite Stelle")
        topic = factories.make_topic(title_de="Schwimmen")
        page = factories.make_page(title_de="Seite")
    with saving():
        task = factories.make_task(office, title_de="Bestandsaufnahme")
        factories.make_group(office, title_de="Arbeitskreis Gesundheit")
        factories.make_contact(office, role_de="Dolmetscherpool")
        factories.make_diagram(office, description_de="<p>Wer</p><p>Lenkungskreis</p>")
        page.sections.create(title_de="Aufklappen", body_de="<p>Innen<strong>leben</strong></p><p>und mehr</p>")
        office.topics.add(topic)
    for text in ("Bestandsaufnahme", "Gesundheit", "Dolmetscherpool", "Lenkungskreis", "Schwimmen"):
        assert found(client, text) == ["Erste Stelle"], text
    assert found(client, "Innenleben Aufklappen") == ["Seite"]
    with saving():
        task.office = other
        task.save()
    assert found(client, "Bestandsaufnahme") == ["Zweite Stelle"]
    with saving():
        topic.title_de = "Tauchen"
        topic.save()
    assert found(client, "Schwimmen") == []
    assert found(client, "Tauchen") == ["Erste Stelle"]
    with saving():
        topic.offices.set([other])
    assert found(client, "Tauchen") == ["Zweite Stelle"]
    with saving():
        other.topics.clear()
        task.delete()
    assert found(client, "Tauchen") == found(client, "Bestandsaufnahme") == []
    with saving():
        topic.offices.add(office)
    with saving():
        topic.delete()
    assert found(client, "Tauchen") == []


def test_publications_are_found_by_series_and_topic_and_events_by_place(client, site, saving):
    from integration.publications.models import Series

    with saving():
        series = Series.objects.create(title_de="Jahresbericht")
        factories.make_publication(title_de="Band 1", series=series, kind="report")
        factories.make_event(title_de="Treffen", place_de="Kreishaus", kind="training")
        factories.make_project(title_de="Projekt").partners.create(name="Sportbund")
    assert found(client, "Jahresbericht") == ["Band 1"]
    assert found(client, "Bericht") == ["Band 1"]
    assert found(client, "Kreishaus") == found(client, "Schulungen") == ["Treffen"]
    assert found(client, "Sportbund") == ["Projekt"]
    with saving():
        series.title_de = "Chronik"
        series.save()
    assert found(client, "Chronik") == ["Band 1"]


def test_the_fixed_pages_are_found_with_what_staff_add_to_them(client, saving):
    with saving():
        site = factories.make_site(legal_notice_de="<p>Bildnachweise</p>")
    assert addresses(client, "Bildnachweise") == ["/de/impressum/"]
    assert addresses(client, "Cookies") == ["/de/datenschutz/"]
    with saving():
        site.privacy_notice_de = "<p>Schlüsselverzeichnis</p>"
        site.save()
    assert addresses(client, "Schlüsselverzeichnis", "fr") == ["/fr/datenschutz/"]


def test_a_content_is_indexed_once_per_transaction_and_in_few_queries(site, saving):
    with saving():
        office = factories.make_office(title_de="Stelle")
        for _ in range(5):
            factories.make_task(office)
    assert SearchEntry.objects.filter(kind="offices.office").count() == len(languages.BY_CODE)
    with CaptureQueriesContext(connection) as captured:
        index.index(type(office), [office.pk])
    assert len(captured) < 25


def test_a_failing_index_is_logged_and_breaks_no_save(client, site, saving, monkeypatch, caplog):
    def fail(*args):
        raise ValueError("Der Index ist kaputt")

    monkeypatch.setattr(index, "index", fail)
    with transaction.atomic(), saving():
        page = factories.make_page(title_de="Trotzdem da", slug="trotzdem")
    assert client.get(page.get_absolute_url()).status_code == 200
    assert "Der Index ist kaputt" in caplog.text
    monkeypatch.undo()
    with saving():
        page.save()
    assert found(client, "Trotzdem") == ["Trotzdem da"]


def test_rebuilding_makes_the_same_index_and_drops_unused_words(client, site, saving, capsys):
    with saving():
        page = factories.make_page(title_de="Altes Wort")
        factories.make_office(title_de="Stelle")
    with saving():
        page.title_de = "Neues Wort"
        page.save()
        SiteProfile.objects.get().save()
    assert SearchWord.objects.filter(word="altes").exists()

    def rows():
        return list(
            SearchEntry.objects.order_by("kind", "object_id", "language").values_list(
                "kind", "object_id", "language", "title", "text", "tokens", "address"
            )
        )

    before = rows()
    call_command("rebuild_search")
    assert rows() == before
    assert not SearchWord.objects.filter(word="altes").exists()
    assert f"Suche: {len(before)} Einträge, {SearchWord.objects.count()} Wörter" in capsys.readouterr().out
    assert found(client, "Wort") == ["Neues Wort"]


def test_a_lost_index_is_rebuilt_from_the_contents(client, site):
    factories.make_page(title_de="Von früher")
    assert found(client, "früher") == []
    call_command("rebuild_search", verbosity=0)
    assert found(client, "früher") == ["Von früher"]


def test_what_an_interrupted_save_has_left_out_is_found_a_day_later(client, site, saving):
    """Between the save and the search's index a process was killed, or the disk full."""
    with saving():
        factories.make_page(title_de="Bleibt wie es ist")
        other, gone = factories.make_page(title_de="Alte Worte"), factories.make_page(title_de="Fort")
    Page.objects.filter(pk=other.pk).update(title_de="Neue Worte")
    Page.objects.filter(pk=gone.pk).delete()
    factories.make_page(title_de="Ganz neu")
    SiteProfile.objects.update(legal_notice_de="<p>Aufsichtsbehörde</p>")
    assert found(client, "Alte") == ["Alte Worte"]
    said = StringIO()
    call_command("mend_search", stdout=said)
    assert said.getvalue() == "Suche: 4 Inhalte nachgeholt.\n"
    assert found(client, "Alte") == found(client, "Fort") == []
    assert found(client, "neu") == ["Ganz neu", "Neue Worte"]
    assert found(client, "Aufsichtsbehörde") == ["Impressum"]
    before = list(SearchEntry.objects.values_list("pk", "modified"))
    said = StringIO()
    call_command("mend_search", stdout=said)
    assert said.getvalue() == "Suche: 0 Inhalte nachgeholt.\n"
    assert list(SearchEntry.objects.values_list("pk", "modified")) == before
    assert "mend_search" in {command for command, _options in jobs.of_each_day()}


def test_looking_through_the_search_asks_as_often_for_ten_as_for_a_hundred(site, django_assert_num_queries):
    factories.make_page(title_de="Eine")
    call_command("rebuild_search", verbosity=0)
    with CaptureQueriesContext(connection) as few:
        index.mend()
    for number in range(100):
        factories.make_page(title_de=f"Seite {number}")
    call_command("rebuild_search", verbosity=0)
    with django_assert_num_queries(len(few)):
        index.mend()


@pytest.mark.django_db(transaction=True)
def test_what_was_found_before_an_update_is_found_after_it_at_once(client):
    factories.make_site()
    factories.make_page(title_de="Zwei Kurse")
    factories.make_page(title_de="Ein Text", lead_de="Kurs")
    to = {"verbosity": 0, "interactive": False}
    call_command("migrate", "search", "0003", **to)
    with connection.cursor() as cursor:  # as the release before has written it
        for title, words in (("Zwei Kurse", "kurs kurse zwei"), ("Ein Text", "ein text")):
            cursor.execute(
                "UPDATE search_searchentry SET tokens = %s, title_tokens = %s WHERE title = %s",
                [f" {words} kurs ", f" {words} ", title],
            )
    call_command("migrate", "search", **to)
    assert found(client, "Kurs") == ["Zwei Kurse", "Ein Text"]
    with transaction.atomic():
        factories.make_page(title_de="Der Kurs danach")
    assert found(client, "Kurs") == ["Der Kurs danach", "Zwei Kurse", "Ein Text"]


# The page -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", languages.BY_CODE)
def test_without_a_query_there_is_a_form_and_a_way_on(client, site, saving, language):
    with saving():
        factories.make_office()
        factories.make_top_task(title_de="Notruf", link="/notfall/")
    for path in (f"/{language}/suche/", f"/{language}/suche/?q=", f"/{language}/suche/?q=%20%00"):
        response = client.get(path)
        html = response.content.decode()
        assert response.status_code == 200
        assert 'role="search"' in html
        assert 'role="status"' not in html
        assert f'href="/{language}/notfall/"' in html
        assert f'href="/{language}/stellen/"' in html
        assert html.count("<h1") == 1


def test_an_empty_result_offers_a_way_on(client, site, saving):
    with saving():
        factories.make_office()
        factories.make_top_task(title_de="Notruf", link="/notfall/")
    html = page_of(client, "Quastenflosser")
    main = html[html.index("<main") : html.index("</main")]
    assert status(html).strip() == "0 Treffer für „Quastenflosser“"
    for expected in ('href="/de/notfall/"', 'href="/de/stellen/"', "030 23125-100", 'value="Quastenflosser"'):
        assert expected in main


def test_the_page_is_not_for_search_engines_and_keeps_the_query_in_other_languages(client, site):
    html = page_of(client, "Kurs & Bündel")
    assert '<meta name="robots" content="noindex">' in html
    assert 'href="/ar/suche/?q=Kurs+%26+B%C3%BCndel"' in html
    assert "canonical" not in html


def test_found_words_are_highlighted_and_nothing_typed_or_written_becomes_html(client, site, saving):
    with saving():
        factories.make_page(title_de="<script>alert(1)</script> Beratungen", lead_de="Tom & <b>Beratung</b> & Co")
    html = page_of(client, '<script>"Beratung"')
    assert "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt; <mark>Beratungen</mark>" in html
    assert "Tom &amp; &lt;b&gt;<mark>Beratung</mark>&lt;/b&gt; &amp; Co" in html
    assert "<script>" not in html
    assert 'value="&lt;script&gt;&quot;Beratung&quot;"' in html


def test_a_piece_of_the_text_around_the_word_is_shown(client, site, saving):
    long_text = "Anfang " + "und so weiter " * 40 + "Nadel im Heu " + "und so weiter " * 40
    with saving():
        factories.make_page(title_de="Lang", body_de=f"<h2>Kopf</h2><p>{long_text}</p>")
        factories.make_page(title_de="Endlos", lead_de="Nadel" + "x" * 500, body_de="<p>Nadel</p>")
        factories.make_page(title_de="اَلْإِقَامَة", title_ar="اَلْإِقَامَة", slug="iqama")
    snippet = re.search(r"<p>(… [^<]*<mark>Nadel</mark>.*?)</p>", page_of(client, "Heu Nadel"))[1]
    assert 150 < len(re.sub(r"<[^>]+>", "", snippet)) < 260
    assert snippet.endswith(" …")
    assert "<mark>Heu</mark>" in snippet
    assert "Kopf Anfang" in page_of(client, "Lang")
    assert "<mark>اَلْإِقَامَة</mark>" in page_of(client, "اقامه", "ar")
    assert found(client, "Nadel")


@pytest.mark.parametrize(
    "text",
    ["%", "_", '"', "'", "*", "\0", "a\0b", "Kurs\0", "\\", "a" * 5_000, "Kurs " * 900, "!?.,;", "AND OR NEAR(", "-Kurs",
     "Kurs:", "title:Kurs", "^Kurs", "Kurs*", '"Kurs', "(Kurs", "NOT Kurs", "{Kurs}", "+", "NEAR(Kurs Kurs, 5)", "; DROP TABLE",
     "\ud7ff\ufffd", "😀", "½ ﷺ ㎞", "%s %d", "{{ 7|add:7 }}", "{'a', NULL}", "\u200c\u200d\u00ad", "e\u0301" * 300,
     "Kurs' OR '1'='1", "ﬁ ß İ ı", "ab cd ef gh ij kl mn op qr st uv wx yz", "xylophonn qqqqwertz zzzzassd ttttgvcx"],
)  # fmt: skip
def test_nothing_that_can_be_typed_breaks_the_page(client, site, saving, text):
    with saving():
        factories.make_page(title_de="Kurs 100 % \u0301 ½ ﷺ ㎞ ﬁ 😀 \\ 'x' \"y\" {z} " + "w" * 90)
    for language in ("de", "ar"):
        for more in ({}, {"kind": "portal.page"}):
            html = page_of(client, text, language, **more)
            assert html.count("<h1") == 1
    for raw in ("?q=%ff%fe", "?q=a&q=b", "?q[]=a", "?q=%F0%9F", "?kind=%00&q=Kurs"):
        assert client.get("/de/suche/" + raw).status_code == 200


def test_only_reading_is_possible(client, site):
    assert client.post("/de/suche/", {"q": "x"}).status_code == 405


def test_many_words_and_a_big_vocabulary_stay_within_bounds(client, site):
    SearchWord.objects.bulk_create(
        SearchWord(language="de", word=f"kurs{number}und", written=f"kurs{number}und") for number in range(3000)
    )
    read = query.read("Kurs und so weiter eins zwei drei vier fünf sechs sieben acht neun", "de")
    assert len(read) == query.MAX_WORDS
    assert len(read[0].longer) == query.MAX_TOKENS
    assert found(client, "kurs") == []
