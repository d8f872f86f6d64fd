"""Content from files: the five offices, musterland, and what happens to mistakes."""

import re
import shutil

import polib
import pytest
from django.core.management import CommandError, call_command

from integration.offices.models import Office
from integration.publications.models import Publication
from portal import languages
from portal.examples import loader
from portal.models import BarrierReport, Page, SiteProfile

pytestmark = pytest.mark.django_db

OFFICES = ("ammerland", "emsland", "friesland", "gronau", "leer")


def load(name, **options):
    call_command("load_example", str(name), verbosity=0, **options)


def office_page(client, **fields):
    return client.get(Office.objects.get(**fields).get_absolute_url()).content.decode()


def test_leer(client):
    load("leer")
    officer, office, guides = (office_page(client, kind=kind) for kind in ("officer", "coordination", "guides"))
    assert officer.count("<li>\n          <p>") == 8
    assert office.count("<li>\n          <p>") == 8
    assert guides.count("<li>\n          <p>") == 4
    assert "Leer" in client.get("/de/").content.decode()


def test_friesland(client):
    load("friesland")
    html = office_page(client, kind="coordination")
    assert html.count("<li>\n          <p>") == 11
    assert "<dd>2015</dd>" in html
    assert "23. Oktober 2019" in html
    assert "https://www.bamf.de/" in html
    assert html.count("<h3>Arbeitskreis") >= 2
    downloads = client.get("/de/veroeffentlichungen/").content.decode()
    assert downloads.count('class="file"') == 3
    for link in re.findall(r'class="file" href="([^"]+)"', downloads):
        assert client.get(link)["Content-Type"] == "application/pdf"


def test_emsland(client):
    load("emsland")
    html = office_page(client, kind="coordination")
    assert html.count("<li>\n          <p>") == 11
    for topic in ("Ehrenamt", "Gesundheit", "Sport", "Jugend", "Gleichstellung"):
        assert f"<li>{topic}</li>" in html
    assert "<dd>2014</dd>" in html
    assert "Koordinierungsstellen Migration und Teilhabe" in html
    assert "Fachstelle Integration" in html
    assert "MiMi" in client.get("/de/projekte/").content.decode()
    downloads = client.get("/de/veroeffentlichungen/").content.decode()
    assert "Arbeitspapier" in downloads
    assert "Wegweiser" in downloads


def test_ammerland(client):
    load("ammerland")
    html = office_page(client, kind="coordination")
    assert html.count("<li>\n          <p>") == 5
    assert "keine Beratungsstelle" in html
    assert 'href="/de/beratung/"' in html
    assert client.get("/de/beratung/").status_code == 200
    assert html.count('class="diagram"') == 2
    downloads = client.get("/de/veroeffentlichungen/").content.decode()
    for years in ("2015/2016", "2017", "2018", "2019", "2020/2021", "2022/2023"):
        assert f"<bdi>{years}</bdi>" in downloads
    assert '<section aria-labelledby="hinweise">' in client.get("/de/").content.decode()


def test_gronau(client):
    load("gronau")
    assert office_page(client, kind="officer").count("<li>\n          <p>") == 8
    assert office_page(client, kind="guides").count("<li>\n          <p>") == 5
    html = client.get(Page.objects.get(title_de="Integrationsleistungen").get_absolute_url()).content.decode()
    assert "<summary><h2>Was sollte ich noch wissen?</h2>" in html
    assert Publication.objects.get(kind="brochure").files.count() > 3


@pytest.mark.parametrize("name", OFFICES)
def test_the_five_offices_are_complete_in_english(client, name):
    load(name)
    for path in ("/en/", "/en/stellen/", "/en/veroeffentlichungen/", *pages("en")):
        html = client.get(path).content.decode()
        assert "not been translated" not in html, path


def pages(language):
    from django.utils import translation

    with translation.override(language):
        return [row.get_absolute_url() for model in (Page, Office, Publication) for row in model.objects.published()]


def test_every_catalogue_of_an_example_is_complete():
    for name in loader.names():
        source = loader.Loader(loader.FOLDER / name)
        source.read()
        german = {text for record in source.records for text in loader.texts(record.model, record.data)}
        expected = set(languages.BY_CODE) - {"de"} if name == "musterland" else {"en"}
        assert set(source.catalogues) == expected, name
        for code, texts in source.catalogues.items():
            assert german - texts.keys() == set(), (name, code)
            entries = polib.pofile(str(source.folder / f"{code}.po"))
            for entry in entries:
                tags = [re.findall(r"<(?!/?br)[^>]+>", text) for text in (entry.msgid, entry.msgstr)]
                assert sorted(tags[0]) == sorted(tags[1]), (name, code, entry.msgid)


def test_machine_translations_are_marked_in_the_data():
    load("leer")
    assert all("en" in office.machine_translated for office in Office.objects.all())
    assert "en" in SiteProfile.current().machine_translated


@pytest.fixture
def example(tmp_path):
    folder = tmp_path / "beispiel"
    shutil.copytree(loader.FOLDER / "friesland", folder)
    return folder


def change(folder, file, old, new):
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('kind = "concept"', 'kind = "gibts-nicht"', ("publications.toml", "integrationskonzept", "kind")),
        ('file = "integrationskonzept.pdf"', 'file = "fehlt.pdf"', ("publications.toml", "integrationskonzept", "file", "fehlt.pdf")),
        ('file = "integrationskonzept.pdf"', 'file = "../publications.toml"', ("publications.toml", "file")),
        ('kind = "concept"', 'kimd = "concept"', ("publications.toml", "kimd")),
        ('kind = "concept"', "kind = ", ("publications.toml", "line")),
        ('kind = "concept"', 'kind = "concept"\nyear = 2020\nyear_until = 2019', ("publications.toml", "Jahr")),
        ('kind = "concept"', 'kind = "concept"\nseries = "gibts-nicht"', ("publications.toml", "series", "gibts-nicht")),
        ('kind = "concept"', 'kind = "concept"\ntopics = ["nirgends"]', ("publications.toml", "topics", "nirgends")),
        ('kind = "concept"', 'kind = "concept"\npublish_from = "morgen"', ("publications.toml", "publish_from")),
        ('kind = "concept"', 'kind = "concept"\n[[publikation]]', ("publications.toml", "publikation")),
    ],
)  # fmt: skip
def test_a_mistake_loads_nothing_and_is_named(example, tmp_path, old, new, expected):
    load("leer")
    before = set(tmp_path.rglob("*.p*"))
    change(example, "publications.toml", old, new)

    with pytest.raises(CommandError) as error:
        load(example)

    assert "Nichts wurde geladen" in str(error.value)
    for word in expected:
        assert word in str(error.value)
    assert "Leer" in SiteProfile.current().name
    assert set(tmp_path.rglob("*.p*")) == before


@pytest.mark.parametrize(
    "line",
    [
        'tasks = "abc"', "tasks = 5", 'tasks = ["x"]', "topics = 5", 'topics = [["x"]]', 'parent = ["x"]', "title = 5",
        "publish_from = 10:00:00", 'publish_from = "+1d 99:99"', 'publish_from = "+99999999999d"',
        'advice_link = "/gibt-es-nicht/"', 'advice_link = "https://["', "founded_year = 99999", "no_advice = 7",
    ],
)  # fmt: skip
def test_odd_values_are_named_and_load_nothing(example, line):
    load("leer")
    offices = (example / "offices.toml").read_text()
    key = line.split(" =")[0]
    offices = re.sub(rf"(?m)^{key} = .*$", "", offices, count=1) if key in {"title", "founded_year"} else offices
    (example / "offices.toml").write_text(offices.replace('kind = "coordination"', f'kind = "coordination"\n{line}', 1))
    with pytest.raises(CommandError) as error:
        load(example)
    assert "offices.toml" in str(error.value)
    assert key in str(error.value) or "Cannot" in str(error.value)
    assert SiteProfile.current().name == "Landkreis Leer"


def test_a_dead_link_of_what_belongs_to_a_record_is_named_too(example):
    (example / "mehr.toml").write_text(
        """
        [[page]]
        title = "Seite"
        [[page.sections]]
        title = "Abschnitt"
        body = '<p><a href="/gibt-es-nicht/">weiter</a></p>'
        """
    )
    with pytest.raises(CommandError) as error:
        load(example)
    assert str(error.value).count("/gibt-es-nicht/") == 1
    assert "Seite „Seite“" in str(error.value)


def test_two_records_that_need_each_other_first_are_named(example):
    (example / "ring.toml").write_text(
        """
        [[page]]
        slug = "a"
        title = "A"
        parent = "b"
        [[page]]
        slug = "b"
        title = "B"
        parent = "a"
        """
    )
    with pytest.raises(CommandError, match="verweisen aufeinander"):
        load(example)


def test_a_folder_that_is_no_example_empties_nothing(tmp_path):
    load("leer")
    for folder in (tmp_path, "docs", "."):
        with pytest.raises(CommandError, match="Nichts wurde geladen"):
            load(folder)
    assert Office.objects.count() == 3


def test_loading_replaces_content_and_files(tmp_path, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        load("ammerland")
        load("friesland")
    assert SiteProfile.objects.get().name_de == "Landkreis Friesland"
    assert Publication.objects.count() == 3
    assert len(list(tmp_path.rglob("*.pdf"))) == 3


def test_a_portal_with_personal_data_is_not_overwritten():
    load("leer")
    BarrierReport.objects.create(id="5f2b6f3e-0000-4000-8000-000000000001", message="…", language="de")
    with pytest.raises(CommandError, match="--force"):
        load("friesland")
    assert SiteProfile.current().name == "Landkreis Leer"
    load("friesland", force=True)
    assert BarrierReport.objects.count() == 1


def test_unknown_examples_are_answered_with_the_known_ones():
    with pytest.raises(CommandError, match="musterland"):
        load("atlantis")


def test_script_cannot_enter_by_a_file(client, example):
    change(example, "offices.toml", "body = '''", "body = '''<script>alert(1)</script><p onclick=\"x()\">A</p>")
    load(example)
    assert "<script" not in Office.objects.get(kind="coordination").body_de
    assert "onclick" not in Office.objects.get(kind="coordination").body_de
