"""Every public page of the demo county, in every language, by following the links."""

import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urljoin

import polib
import pytest
from django.conf import settings
from django.utils.translation import get_language, trans_real

from portal import languages
from portal.media.models import Picture
from portal.templatetags import portal as portal_tags

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """The few facts about a page that every page owes its readers."""

    def __init__(self, html):
        super().__init__()
        self.html, self.headings, self.links, self.loaded, self.stack = {}, [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "html":
            self.html = attributes
        elif re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        elif tag == "a":
            self.links.append(attributes.get("href", ""))
        if tag in {"img", "iframe", "video", "audio", "source"} or (tag == "script" and "src" in attributes):
            self.loaded.append(attributes.get("src", ""))
        elif tag == "link" and attributes.get("rel") in {"stylesheet", "icon"}:
            self.loaded.append(attributes.get("href", ""))


OURS = {entry.msgid for entry in polib.pofile(str(settings.LOCALE_PATHS[0] / "en/LC_MESSAGES/django.po"))}


# A hundred entries of the directory, what each of them has, each combination of its filters, and company to each place.
OF_ONE_KIND = re.compile(
    r"/wegweiser/(?:\?(?!page=\d+$)|[\w-]+(/|\.vcf|\.ics|/fehler-melden/)$)|/lotsen/begleitung/(\?ziel=)"
)


def crawl(client, language, entries=4, of_one_kind=3):
    """What can be reached from the home page in `language`: path, response and page if it is one; of some only a few."""
    seen, waiting, kinds = set(), [f"/{language}/"], Counter()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        if kind := OF_ONE_KIND.search(path):
            kinds[kind.groups()] += 1
            if kinds[kind.groups()] > (entries if kind[1] == "/" else of_one_kind):
                continue
        response = client.get(path)
        page = Page(response.content.decode()) if response["Content-Type"].startswith("text/html") else None
        yield path, response, page
        if page:
            # The form for reporting a barrier knows where one comes from and has an address for each page.
            links = (re.sub(r"\?seite=.*|#.*", "", urljoin(path, link)) for link in page.links)
            waiting += [link for link in links if link.startswith(f"/{language}/")]


@pytest.fixture
def missing_texts(monkeypatch):
    """Interface texts that were asked for in a language that does not have them."""
    missing = set()
    original = trans_real.DjangoTranslation.gettext

    def gettext(self, message):
        language = self.to_language()
        found = message in self._catalog
        # Django's own texts are written in English and need no English catalogue.
        if language != "de" and not found and message.strip() and (language != "en" or message in OURS):
            missing.add((language, message))
        return original(self, message)

    monkeypatch.setattr(trans_real.DjangoTranslation, "gettext", gettext)
    return missing


@pytest.fixture
def german_instead(monkeypatch):
    """Contents that had to be shown in German."""
    found = set()
    original = portal_tags.text_and_language

    def text_and_language(obj, field):
        text, language = original(obj, field)
        if text and language != get_language():
            found.add((str(obj), field))
        return text, language

    monkeypatch.setattr(portal_tags, "text_and_language", text_and_language)
    return found


@pytest.mark.parametrize("language", languages.BY_CODE)
def test_every_page_of_musterland_is_right_in_every_language(
    client, musterland, language, missing_texts, german_instead
):
    paths = []
    for path, response, page in crawl(client, language):
        paths.append(path)
        assert response.status_code == 200, path
        assert not response.cookies, path
        assert "Cookie" not in response.get("Vary", ""), path
        if not page:
            continue
        html = response.content.decode()
        assert page.html == {"lang": language, "dir": languages.direction(language)}, path
        assert page.headings.count(1) == 1, path
        assert all(below <= above + 1 for above, below in zip(page.headings, page.headings[1:], strict=False)), path
        assert all(source.startswith("/") and not source.startswith("//") for source in page.loaded), path
        assert "style=" not in html, path
        assert "{%" not in html, path
        assert not re.search(r"&lt;/?(p|br|span|bdi)\b", html), path
    assert len(paths) > 50
    assert missing_texts == set()
    assert german_instead == set()


def test_the_pictures_of_musterland_are_light_and_public(client, musterland):
    found = Picture.objects.all()
    assert len(found) >= 3
    for picture in found:
        assert picture.file.size <= 30 * 1024
        for size in picture.sizes():
            assert client.get(size.url).status_code == 200, size
