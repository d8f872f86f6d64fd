"""The handbook: in the admin, whole, and in step with what the screens say."""

import re
from functools import cache
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User

from portal import handbook

SLUGS = sorted(handbook.slugs())


@pytest.mark.parametrize("slug", SLUGS)
def test_every_page_can_be_read_in_the_admin_and_leads_to_nothing_that_is_not_there(editor, slug):
    html = editor.get(f"/admin/handbuch/{slug}/").content.decode()
    article = html.split('<article class="handbook">')[1].split("</article>")[0]
    for target in re.findall(r'(?:href|src)="(/[^"#]*)', article):
        assert editor.get(target).status_code == 200, target
    assert "<h1" not in article
    assert not re.findall(r"\]\(|\*\*|`", re.sub(r"<code>.*?</code>", "", article))


def test_every_page_is_in_the_table_of_contents(editor):
    html = editor.get("/admin/handbuch/").content.decode()
    for slug in set(SLUGS) - {handbook.CONTENTS}:
        assert f'href="/admin/handbuch/{slug}/"' in html


def test_every_picture_is_shown_somewhere_and_says_what_it_shows():
    shown = set()
    for slug in SLUGS:
        for words, name in re.findall(r"!\[([^\]]*)\]\(bilder/([^)]+)\)", (handbook.FOLDER / f"{slug}.md").read_text()):
            assert len(words) > 10, slug
            shown.add(name)
    assert shown == {found.name for found in Path(handbook.FOLDER / "bilder").glob("*.webp")}


def test_the_link_at_the_top_leads_to_the_page_of_what_is_being_edited(administrator):
    for model, model_admin in admin.site._registry.items():
        if slug := getattr(model_admin, "handbook", ""):
            assert slug in SLUGS, model
    assert '<a href="/admin/handbuch/">Handbuch</a>' in administrator.get("/admin/").content.decode()


def test_the_handbook_is_for_staff(client, db):
    assert client.get("/admin/handbuch/").status_code == 302
    client.force_login(User.objects.create_user("gast"))
    assert client.get("/admin/handbuch/").status_code == 302


@pytest.mark.parametrize("path", ["gibt-es-nicht/", "..%2f..%2fREADME/", "bilder/..%2fREADME.md", "bilder/x.png"])
def test_there_is_nothing_else_to_be_had(editor, path):
    assert editor.get(f"/admin/handbuch/{path}").status_code == 404


@cache
def words_of_the_screens() -> str:
    """All that our code and templates and Django's admin can say, in one long text."""
    root, admin_words = Path(settings.BASE_DIR), Path(django.__file__).parent / "contrib"
    files = [
        *(file for folder in ("portal", "integration", "lotsen") for file in (root / folder).rglob("*.py")),
        *(root / "templates").rglob("*.html"),
        *(root / "static" / "admin_portal").glob("*.js"),
        *(admin_words / app / "locale" / "de" / "LC_MESSAGES" / "django.po" for app in ("admin", "auth")),
    ]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    text = re.sub(r'"\s*\n\s*f?"', "", text)  # a text written in several lines
    return text.lower()


@pytest.mark.parametrize("slug", SLUGS)
def test_what_is_in_italics_is_on_a_screen(slug):
    text = re.sub(r"\*\*.+?\*\*", "", (handbook.FOLDER / f"{slug}.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    for shown in re.findall(r"(?<!\w)\*([^*|]+)\*(?!\w)", text):
        label = " ".join(shown.split()).removesuffix(":").removesuffix(" hinzufügen")
        label = re.sub(r" \((Deutsch|Englisch)\)$", "", label)  # German texts of fields in several languages
        assert label.lower() in words_of_the_screens(), shown
