"""The papers in docs/: what they say of data on persons, of periods and of commands is what the code does."""

import json
import re
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import get_commands
from django.db import models
from modeltranslation.translator import NotRegistered, translator
from reversion.models import Version

from lotsen.sign_up import staff
from portal.timer import jobs
from portal.versions.recording import recording
from tests import factories

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RECORD = DOCS / "vorlagen" / "verzeichnis.md"
PERIODS = DOCS / "vorlagen" / "loeschkonzept.md"

# What holds nothing about persons, or only names of bodies. A model that is neither here nor in the papers fails the test:
# whoever adds one decides.
WITHOUT_PERSONS = {
    "auth.Group", "auth.Permission", "contenttypes.ContentType", "post_office.EmailTemplate",
    "backup.Backup", "limits.Tally", "page_cache.ContentVersion", "timer.Job",
    "lotsen.KindOfHelp", "lotsen.LotsenPage", "lotsen.MailText", "lotsen.NoticeText", "lotsen.Requirement",
    "lotsen.Training", "offices.Diagram", "offices.Meeting", "offices.OfficeLink", "offices.Task",
    "offices.WorkingGroup", "portal.AccessibilityIssue", "portal.FederalState", "portal.HomeBlock", "portal.Link",
    "portal.Notice", "portal.OldAddress", "portal.PageSection", "portal.TopTask", "projects.Partner",
    "publications.PublicationFile", "publications.Series", "search.SearchWord", "topics.Term", "translations.Origin",
    "translations.Translation", "upkeep.LinkUse", "upkeep.OutsideLink", "wegweiser.DirectoryVersion",
    "wegweiser.Location", "wegweiser.Municipality", "wegweiser.OpeningHours", "wegweiser.ServiceAtLocation",
    "wegweiser.SpokenLanguage",
}  # fmt: skip
# Tables of a library that this portal leaves empty.
EMPTY = {"axes.AccessAttemptExpiration", "axes.AccessFailureLog", "axes.AccessLog"}
# How fields about persons are called or made, wherever they are.
TELLING = {"phone", "mobile", "fax", "person", "representative", "editor", "tester", "credit", "dpo", "dpo_phone"}


@cache
def section(path: Path, heading: str) -> str:
    """What stands between a heading and the next of its rank."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", path.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{path.name} has a section “{heading}”"
    return found[2]


def table(text: str) -> list[list[str]]:
    lines = [
        line.strip().strip("|") for line in text.splitlines() if line.lstrip().startswith("|") and "---" not in line
    ]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines][1:]


def models_in_use():
    return {m._meta.label: m for m in apps.get_models() if not m._meta.proxy}


def named(text: str) -> set[str]:
    return {label for label in re.findall(r"`(\w+\.\w+)`", text) if label in models_in_use()}


def fields_of(model) -> list[models.Field]:
    """Without running numbers and without the columns of each language."""
    try:
        columns = {field.name for some in translator.get_options_for_model(model).all_fields.values() for field in some}
    except NotRegistered:
        columns = set()
    every = (*model._meta.concrete_fields, *model._meta.local_many_to_many)
    return [f for f in every if f.name not in columns and not isinstance(f, models.AutoField)]


def listed(heading: str) -> dict[str, set[str]]:
    """Table → fields, as the record's appendix has them."""
    return {
        label.strip("`"): set(re.findall(r"`(\w+)`", fields))
        for label, _what, fields in table(section(RECORD, heading))
    }


def whole_tables():
    return listed("Tabellen über Personen, mit allen Feldern")


def other_tables():
    return listed("Andere Tabellen, in denen Personen vorkommen können")


# Which data ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [RECORD, PERIODS], ids=lambda path: path.name)
def test_every_model_with_data_on_persons_is_in_the_papers(path):
    missing = set(models_in_use()) - WITHOUT_PERSONS - named(path.read_text())
    assert not missing, f"{path.name}: say what happens to them, or that they hold nothing about persons"


def test_what_is_left_out_is_there_and_not_in_the_appendix():
    installed = {config.label for config in apps.get_app_configs()}
    gone = {label for label in WITHOUT_PERSONS - set(models_in_use()) if label.split(".")[0] in installed}
    assert not gone
    assert not WITHOUT_PERSONS & (set(whole_tables()) | set(other_tables()))


def test_every_field_of_a_table_about_persons_is_listed():
    for label, said in whole_tables().items():
        there = {field.name for field in fields_of(models_in_use()[label])}
        assert said == there, label


def test_fields_about_persons_in_other_tables_are_listed():
    whole, other = whole_tables(), other_tables()
    for label, model in models_in_use().items():
        if label in whole or label in WITHOUT_PERSONS or label in EMPTY:
            continue
        there = {field.name for field in fields_of(model)}
        assert other[label] <= there, label
        telling = {
            field.name
            for field in fields_of(model)
            if field.name in TELLING or isinstance(field, models.EmailField) or field.related_model is User
        }
        assert telling <= other[label], label


def test_what_points_to_a_person_is_about_a_person():
    """A new table with a key to a volunteer or an account cannot be called one without persons."""
    for label in WITHOUT_PERSONS & set(models_in_use()):
        for field in models_in_use()[label]._meta.concrete_fields:
            pointed = field.related_model and field.related_model._meta.label
            assert pointed not in {"auth.User", "lotsen.Volunteer", "lotsen.AssistanceRequest"}, f"{label}.{field.name}"


def test_each_processing_says_all_that_article_30_asks_for():
    headings = re.findall(r"^## (\d+\. .+)$", RECORD.read_text(), re.MULTILINE)
    assert len(headings) == 13
    for heading in headings:
        rows = dict(row for row in table("| | |\n" + section(RECORD, heading)) if len(row) == 2)
        wanted = {"Zweck", "Rechtsgrundlage", "Betroffene", "Daten", "Tabellen", "Empfänger", "Löschung", "Maßnahmen"}
        assert wanted <= set(rows), heading
        assert "(vom Datenschutzbeauftragten zu prüfen)" in rows["Rechtsgrundlage"], heading
        assert named(rows["Tabellen"]) or "keine" in rows["Tabellen"] or rows["Tabellen"] == "alle", heading


def test_every_table_of_the_appendix_belongs_to_a_processing():
    processings = RECORD.read_text().split("## Felder")[0]
    assert set(whole_tables()) | set(other_tables()) <= named(processings)


def test_the_record_refers_to_rules_and_measures_that_are_there():
    text = RECORD.read_text()
    rules, measures = (
        {row[0] for row in rules_of_periods()},
        set(re.findall(r"^\| (M\d+) \|", (DOCS / "vorlagen" / "massnahmen.md").read_text(), re.MULTILINE)),
    )
    used = "\n".join(re.findall(r"^\| (?:Löschung|Maßnahmen) \|.*", text, re.MULTILINE))
    for first, last in re.findall(r"([LM]\d+) bis ([LM]\d+)", used):
        used += " ".join(f" {first[0]}{n}" for n in range(int(first[1:]), int(last[1:])))
    assert set(re.findall(r"\bL\d+\b", used)) <= rules
    assert set(re.findall(r"\bM\d+\b", used)) <= measures
    assert measures - set(re.findall(r"\bM\d+\b", used)) == set()


# How long -----------------------------------------------------------------------------------------------


def rules_of_periods() -> list[list[str]]:
    return table(section(PERIODS, "Regeln"))


def value_of(path: str):
    """`settings.X`, or a constant or a field's default by its address in the code."""
    if path.startswith("settings."):
        return getattr(settings, path.removeprefix("settings."))
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            is_field = (
                isinstance(found, type)
                and issubclass(found, models.Model)
                and not isinstance(getattr(found, name), int | timedelta)
            )
            found = found._meta.get_field(name).default if is_field else getattr(found, name)
        return found
    raise AssertionError(f"{path} is nowhere")


def daily() -> dict[str, dict]:
    return dict(jobs.of_each_day())


def each_minute() -> dict[str, dict]:
    return dict(jobs.of_each_minute())


UNITS = {
    "Tag": lambda value, path: value.days if isinstance(value, timedelta) else value,
    "Monat": lambda value, path: value,
    "Stunde": lambda value, path: seconds(value, path) / 3600,
    "Minute": lambda value, path: seconds(value, path) / 60,
    "Fassung": lambda value, path: value,
}


def seconds(value, path):
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value * 3600 if path.endswith(".HOURS") else value


def test_every_period_is_that_of_the_code():
    compared = 0
    for number, _what, _start, period, where, *_by in rules_of_periods():
        said = re.findall(r"\b(\d+) (Tag|Monat|Stunde|Minute|Fassung)", period)
        places = re.findall(r"`([a-z]\w*(?:\.\w+)+)`", where)
        if "cleanup_mail --days" in where:
            options = daily()["cleanup_mail"]
            assert said == [(str(options["days"]), "Tag")]
            compared += 1
            continue
        assert len(said) == len(places) or "ausfüllen" in period, f"{number}: as many periods as places"
        for (count, unit), path in zip(said, places, strict=False):
            assert UNITS[unit](value_of(path), path) == int(count), f"{number}: {path}"
            compared += 1
    assert compared >= 20


def test_the_limits_of_the_periods_that_staff_choose_are_those_of_the_form():
    rules = {}
    for row in rules_of_periods():
        for name in re.findall(r"LotsenSettings\.(\w+)", row[4]):
            rules[name] = row[4]
    assert set(rules) >= staff.PERIODS
    for name in staff.PERIODS:
        limits = re.search(r"(?:(\d+) bis|höchstens) (\d+)", rules[name])
        assert int(limits[2]) == staff.LIMITS[name][1], name
        assert not limits[1] or int(limits[1]) == staff.LIMITS[name][0], name


def test_every_command_that_deletes_exists_and_runs_when_it_is_said_to():
    named_ones = set()
    for number, _what, _start, _period, _where, by in rules_of_periods():
        commands = set(re.findall(r"`([a-z_]+)`", by))
        assert commands <= set(get_commands()), number
        assert "täglich" not in by or commands <= set(daily()), number
        assert "jede Minute" not in by or commands <= set(each_minute()), number
        named_ones |= commands
    deleting = {name for name in daily() if re.match(r"(purge|forget|clear|cleanup)", name)}
    assert deleting <= named_ones


def test_every_rule_has_one_class():
    classes = [
        number for row in table(section(PERIODS, "Löschklassen")) for number in re.findall(r"\bL\d+", " ".join(row))
    ]
    assert sorted(classes) == sorted(row[0] for row in rules_of_periods())
    assert len(classes) == len(set(classes))


@pytest.mark.django_db
def test_a_name_can_be_taken_out_of_earlier_versions_as_the_papers_say(capsys, admin_user):
    office = factories.make_office()
    with recording(admin_user):
        contact = office.contacts.create(name="Çağla Müller-Öz", role_de="Beratung", email="mueller@example.org")
    with recording(admin_user):
        contact.name = ""
        contact.save()
    holds = Version.objects.filter(serialized_data__contains=json.dumps("Çağla Müller-Öz")[1:-1])
    assert holds.exists()
    code = re.search(r"<<'ENDE'\n(.*?)ENDE", PERIODS.read_text(), re.DOTALL)[1]
    exec(code.replace("Erika Beispiel", "Çağla Müller-Öz"), {})
    assert not holds.exists()
    assert int(capsys.readouterr().out) >= 1
    assert Version.objects.exists()


# The papers themselves ----------------------------------------------------------------------------------

PAPERS = sorted(DOCS.rglob("*.md"))


def slug(heading: str) -> str:
    """As code hosts make a heading's address."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def anchors(path: Path) -> set[str]:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("path", [*PAPERS, *sorted(ROOT.glob("*.md"))], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def test_what_an_office_has_to_fill_in_can_be_found():
    """One form everywhere, bold, so that it is seen and `grep` finds it."""
    for path in sorted((DOCS / "vorlagen").glob("*.md")):
        text = path.read_text()
        if path.name != "README.md":
            assert "**[ausfüllen" in text, path.name
        text = re.sub(r"`[^`\n]*`", "", text)
        good = re.findall(r"\*\*\[ausfüllen(?:: (?:[^\[\]]|\[[^\]]*\]\([^)]*\))+)?\]\*\*", text)
        assert len(good) == text.count("[ausfüllen"), path.name
        assert not re.search(r"TODO|XXX|FIXME|_{4}|\.{4}", text), path.name


def test_the_templates_are_all_in_their_table_of_contents():
    contents = (DOCS / "vorlagen" / "README.md").read_text()
    for path in (DOCS / "vorlagen").glob("*.md"):
        assert path.name == "README.md" or f"]({path.name})" in contents


@pytest.mark.parametrize("name", ["grundschutz.md", "vorlagen/verzeichnis.md", "vorlagen/loeschkonzept.md"])
def test_files_tests_and_settings_that_are_named_exist(name):
    text = (DOCS / name).read_text()
    for file, test in re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.\w+)(?:::(\w+))?`", text):
        assert (ROOT / file).exists(), file
        assert not test or f"def {test}(" in (ROOT / file).read_text(), test
