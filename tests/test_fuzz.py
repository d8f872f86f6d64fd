"""Hostile words at every address, in every form, list and file: a clear answer, and never a traceback.

The same words in each run, so that CI says the same twice; `make fuzz` tries more of them, others each time.
"""

import gzip
import json
import logging
import os
import re
import zipfile
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http.cookies import SimpleCookie
from io import BytesIO
from itertools import chain, zip_longest
from urllib.parse import quote, unquote_to_bytes, urlencode, urlsplit
from uuid import uuid4
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
import schemathesis
from django.apps import apps
from django.contrib import admin
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.test import TestCase
from django.test.client import MULTIPART_CONTENT as MULTIPART
from django.urls import resolve, reverse
from django.utils import timezone, translation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from post_office.models import Email
from schemathesis import checks

from integration.wegweiser.checks import verification
from integration.wegweiser.hsds.openapi import STANDARD
from integration.wegweiser.models import DirectorySettings, Suggestion
from lotsen import confirmation
from lotsen.company import links, steps
from lotsen.models import AssistanceRequest, KindOfHelp, NoticeText, Volunteer
from lotsen.sign_up import own
from portal.examples.loader import translated_fields
from portal.forms import GuardedForm
from portal.models import BarrierReport
from portal.wsgi import content_type
from tests import factories
from tests.conftest import form_data
from tests.routes import named, routes

pytestmark = pytest.mark.django_db

FACTOR = int(os.environ.get("FUZZ", "0"))  # how many times as many examples, other ones each time

HOSTILE = [
    "", " ", "\0", "a\0b", "\ud800", "\ufffe", "\u202eabc\u2066", "🧑‍🤝‍🧑" * 3, "ß" * 300, "x" * 10_000, "٣", "²", "½", "-1",
    "0", "1", "1.5", "1e9", "1e999", "NaN", "9" * 18, "9" * 19, "9" * 30, "9" * 5000, "-" + "9" * 30, "0x10", "1_000", "+1",
    "true", "null", "[]", "{}", "%", "%s %(a)s {0}", "{{ 7|add:7 }}", "'", '"', "\\", "';--", "<script>alert(1)</script>",
    "a\r\nSet-Cookie: a=b", "\n", "\t", "../../etc/passwd", "//example.org/", "http://[", "javascript:alert(1)", "(", "*", ",",
    ",,1,x", "a@b", "a" * 65 + "@example.org", "00000000-0000-0000-0000-000000000000", "0001-01-01", "2026-02-30", "9999-12-31",
    "9999-12-31T23:59:59+23:59", "0001-01-01T00:00:00+14:00", "24:00", "99:99", "de", "xx", "all", "now",
]  # fmt: skip
WORDS = st.sampled_from(HOSTILE) | st.text(max_size=20)
BROKEN_QUOTES = st.sampled_from(["%", "%zz", "%ff%fe", "%ed%a0%80", "%c0%af", "%2e%2e%2f", "a+b", "%u0041", ".", ".."])
QUOTED = WORDS.map(lambda word: quote(in_bytes(word), safe="")) | BROKEN_QUOTES
# Only in some of these can half a character arrive, and in some nothing at all.
CHARSETS = ("utf-8", "UTF8", "utf-7", "utf-16", "latin-1", "raw_unicode_escape", "base64", "idna", "undefined", "x")
PARAMETERS = st.sampled_from(["", ";", "; a*=x''a", *(f"; charset={name}" for name in CHARSETS)])
URLENCODED = "application/x-www-form-urlencoded"


def in_bytes(word: str) -> bytes:
    return word.encode("utf-8", "surrogatepass")


def fuzz(examples, **strategies):
    """Calls the decorated function with each example, and each one finds everything as it was."""

    def once(check):
        def run(**values):
            with nothing_logged(), transaction.atomic():
                translation.activate("de")
                with TestCase.captureOnCommitCallbacks(execute=True):
                    check(**values)
                transaction.set_rollback(True)

        return run

    def run(check):
        options = {
            "deadline": None,
            "database": None,
            "suppress_health_check": list(HealthCheck),
            "phases": set(Phase) - {Phase.explain},
        }
        settings(max_examples=examples * (FACTOR or 1), derandomize=not FACTOR, **options)(
            given(**strategies)(once(check))
        )()

    return run


@contextmanager
def nothing_logged():
    """What a view has caught and told the log is a traceback, too."""
    found = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: (
        found.append(record) if record.exc_info and not record.name.startswith("django.security") else None
    )
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
    for record in found:
        raise AssertionError(record.getMessage()) from record.exc_info[1]


def ask(client, path, query="", method="GET", body=b"", **more):
    """A request with an address that no browser would make. Django's client raises what the portal did not catch."""
    raw = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query}
    response = client.generic(method, "/", body, content_type(more.pop("content_type", "")), **raw, **more)
    content = response.sent = b"".join(response) if response.streaming else response.content
    if response.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    assert response.status_code < 500 or response.has_header("Retry-After"), (method, path, query)
    kind = response.get("Content-Type", "").partition(";")[0]
    if content and kind == "text/html":
        assert b"</html>" in content
    if content and kind == "application/json":
        json.loads(content)
    return response


# The portal -----------------------------------------------------------------------------------------


@pytest.fixture
def addresses(site, client, monkeypatch):
    """A small portal with one of each. All public paths, those with keys too, and what fills the holes of each."""
    monkeypatch.setattr(GuardedForm, "MIN_SECONDS", 0)
    site.logo, site.logo_alt_de = ContentFile(factories.png(), "logo.png"), "Wappen"
    site.save()
    DirectorySettings.objects.create(send_requests=True)
    picture = factories.make_picture()
    office = factories.make_office(kind="coordination", picture=picture)
    factories.make_office(kind="officer")
    diagram = factories.make_diagram(office)
    report = factories.make_file(factories.make_publication(kind="report", year=2025, office=office))
    event = factories.make_event(office=office)
    factories.make_project()
    factories.make_page()
    organization = factories.make_organization(verification_email="verein@example.org")
    service = factories.make_service(factories.make_location(), organization=organization)
    service.topics.add(factories.make_topic())
    factories.make_hours(service)
    factories.make_service_contact(service)
    factories.make_spoken(service, "ar")
    verification.ask(organization, [service])
    factories.make_lotsen_page(office=office)
    asked = factories.make_request()
    volunteer = factories.make_volunteer({"ar": "B2"}, stage="active")
    steps.invite(asked, [volunteer])
    past = factories.make_request()
    steps.invite(past, [volunteer])
    steps.accept(past.assignments.get())
    yesterday = timezone.now() - timedelta(days=1)
    AssistanceRequest.objects.filter(pk=past.pk).update(starts_at=yesterday, ends_at=yesterday + timedelta(hours=1))
    notice = NoticeText.objects.create(purpose="sign_up", language="de", version=1, body="x", digest="x")
    volunteer.consents.create(text=notice)
    new = factories.make_volunteer(notice=notice)
    confirm = confirmation.new_link(new)
    new.save()
    of_service = f"/de/wegweiser/{service.slug}"
    found = {
        f"{of_service}.vcf",
        f"{of_service}.ics",
        f"{of_service}/fehler-melden/",
        f"{of_service}/fehler-melden/danke/",
        f"/de/veranstaltungen/{event.slug}.ics",
        f"/de/stellen/{office.slug}/schaubild/{diagram.pk}/",
        f"/bilder/{picture.slug}-480.webp",
        report.get_absolute_url(),
        "/de/barriere-melden/danke/B-2026-0A1B2C/",
        confirm,
        own.address(volunteer),
        links.to_invitation(asked.assignments.get()),
        links.to_invitation(past.assignments.get()),
        links.to_request(asked),
        verification.address(organization.verification_requests.get()),
        *(
            f"/de/hsds/{name}/{row['id']}"
            for name in ("services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms")
            for row in client.get(f"/de/hsds/{name}").json()["contents"][:1]
        ),
        *re.findall(r"<loc>(http://testserver/de/[^<]*)", client.get("/sitemap.xml").content.decode()),
        *(f"/{route}".replace("/?", "/") for route in routes() if "<" not in route and not route.startswith("admin/")),
    }
    paths = sorted({urlsplit(address).path for address in found})
    return {path: [str(value) for value in resolve(path).kwargs.values()] for path in paths}


def test_no_public_address_is_missed(addresses, client, settings):
    assert {resolve(address).route for address in addresses} == {
        route for route in named() if not route.startswith("admin/")
    }
    settings.DEBUG = True  # the components' page is for developers
    wrong = [address for address in addresses if ask(client, address).status_code not in {200, 302}]
    assert wrong == []


# Addresses ------------------------------------------------------------------------------------------

HEADERS = {
    "HTTP_ACCEPT": ["*/*", "application/json", "image/*;q=x"],
    "HTTP_ACCEPT_LANGUAGE": ["ar", "de-simple;q=2", "kmr,*;q=0.5", "x" * 600, ";q=,", "-", "de;q=1e9"],
    "HTTP_ACCEPT_ENCODING": ["gzip", "br;q=0", "gzip;q=x"],
    "HTTP_COOKIE": ["sessionid=x", "messages=x", "a=b; =; ;", 'a="\\"'],
    "HTTP_HOST": ["localhost", "testserver:80", "evil.example", "a b", "[::1", "testserver:99999", "testserver."],
    "HTTP_IF_NONE_MATCH": ["*", '"a"', 'W/"a"', '"', "a, b", ","],
    "HTTP_IF_MODIFIED_SINCE": ["Sat, 01 Jan 2000 00:00:00 GMT", "Sat, 31 Feb 2000 00:00:00 GMT", "1"],
    "HTTP_IF_UNMODIFIED_SINCE": ["Sat, 01 Jan 0001 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"],
    "HTTP_IF_MATCH": ["*", '"a"', "a"],
    "HTTP_IF_RANGE": ['"a"', "Sat, 01 Jan 2000 00:00:00 GMT"],
    "HTTP_ORIGIN": ["null", "https://example.org", "http://["],
    "HTTP_RANGE": ["bytes=0-1", "bytes=5-1", "bytes=-1", "bytes=0-0,2-3", "bytes=" + "9" * 30 + "-", "x=1", "bytes=²-"],
    "HTTP_REFERER": ["http://[", "javascript:alert(1)"],
    "HTTP_X_FORWARDED_FOR": ["1.2.3.4, x", ","],
    "HTTP_X_FORWARDED_HOST": ["evil.example"],
    "HTTP_X_REQUESTED_WITH": ["XMLHttpRequest"],
}
# No server lets the ends of lines or NUL through.
IN_HEADER = WORDS.map(lambda word: re.sub(r"[\r\n\0]", " ", in_bytes(word).decode("latin-1")))


@st.composite
def headers(draw):
    names = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=2, unique=True))
    return {name: draw(st.sampled_from(HEADERS[name]) | IN_HEADER) for name in names}


def queries(names):
    known = st.sampled_from(sorted(names))
    pair = st.tuples(known | QUOTED, QUOTED).map("=".join)
    return st.lists(pair | QUOTED, max_size=4).map("&".join)


def names_asked_for(ask, path):
    """Which fields of its address a page looks for."""
    found, get, getlist = set(), QueryDict.__getitem__, QueryDict.getlist
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QueryDict, "__getitem__", lambda self, key: found.add(key) or get(self, key))
        patch.setattr(QueryDict, "getlist", lambda self, key, *more: found.add(key) or getlist(self, key, *more))
        ask(path)
    return found


@st.composite
def bent(draw, path, holes):
    """An address, some of what fills its holes, or its language, replaced."""
    for value in holes:
        if draw(st.booleans()):
            path = path.replace(value, draw(QUOTED | st.just(f"{value[:-2]}xx")), 1)
    if path.startswith("/de/") and draw(st.booleans()):
        path = f"/{draw(st.sampled_from(['ar', 'de-simple', 'en', 'xx', 'DE', '']))}{path[3:]}"
    return path + draw(st.sampled_from(["", "", "", "", "/", "?", "//", "x"]))


def test_every_public_address_bears_whatever_is_asked_of_it(addresses, client):
    known = {path: names_asked_for(partial(ask, client), path) | {"x"} for path in addresses}
    assert {"q", "page", "topic", "kind", "seite", "ziel", "year", "taxonomy_id"} <= set().union(*known.values())
    kinds = ["", "text/plain", "application/json", URLENCODED, MULTIPART, "multipart/form-data"]

    @fuzz(
        300,
        asked=st.sampled_from(sorted(addresses)).flatmap(
            lambda path: st.tuples(st.just(path) | bent(path, addresses[path]), queries(known[path]))
        ),
        more=headers(),
        method=st.sampled_from(["GET"] * 12 + ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]),
        kind=st.tuples(st.sampled_from(kinds), PARAMETERS).map("".join),
        body=st.binary(max_size=40),
    )
    def check(asked, more, method, kind, body):
        path, query = asked
        ask(client, path, query, method, body, content_type=kind, **more)


# What no form refuses; some of it comes from word processors, where it ends a line.
WRITTEN = '\x01\x0b\x1b\x7f\x85\u2028\u202e\u2066\ufeff\ufffe]]>&"*_$`@[#\r\nEND:VEVENT\r\n;,:\\'
PLAIN = {"name", "message", "note", "place", "street", "city", "institution", "label", "import_key"}


def test_every_page_and_file_bears_what_has_been_written(addresses, client, admin_client):
    for model in apps.get_models():
        names = {f"{name}_de" for name in translated_fields(model)} | PLAIN
        fields = [field for field in model._meta.concrete_fields if field.name in names and not field.unique]
        model._base_manager.update(**{field.name: WRITTEN[: field.max_length] for field in fields})
    for path in addresses:
        response = ask(client, path)
        if response.get("Content-Type", "").partition(";")[0].endswith("xml"):
            ElementTree.fromstring(response.sent)
    for where, how in EXPORTS:
        sent = urlencode(how, doseq=True).encode()
        response = ask(admin_client, f"{where}export/", "", "POST", sent, content_type=URLENCODED)
        assert "Content-Disposition" in response
    for path, model in lists():
        ask(admin_client, path)
        if row := model._base_manager.first():
            ask(admin_client, f"{path}{row.pk}/change/")


# Forms ----------------------------------------------------------------------------------------------

FORMS = {
    "de/barriere-melden/", "de/wegweiser/<slug:slug>/fehler-melden/", "de/wegweiser/pruefen/<str:token>/",
    "de/lotsen/mitmachen/", "de/lotsen/bestaetigen/<str:token>/", "de/lotsen/meine-angaben/<str:signed>/",
    "de/lotsen/begleitung/", "de/lotsen/einladung/<str:token>/", "de/lotsen/anfrage/<str:token>/",
}  # fmt: skip
GOOD = {
    "message": "Die Tür ist zu schwer.", "name": "Amal Müller", "email": "amal@example.org", "place": "12345 Musterstadt",
    "home": "-", "adult": "on", "acknowledged": "on", "institution": "Grundschule", "spoken": "ar", "start": "10:00",
    "end": "11:30", "note": "Elternabend", "took_place": "yes", "hours": "1.5", "step": "send", "-outcome": "changed", "-fees": "kostenlos",
}  # fmt: skip


def filled(html):
    """All fields of the page's forms, with what somebody might write into them."""
    tags = re.findall(r'(<(?:input|textarea|select|button)[^>]* name="([^"]+)"[^>]*>)', html)
    good = {**GOOD, "date": str(timezone.localdate() + timedelta(days=10)), "kind": str(KindOfHelp.objects.first().pk)}
    shown, found = form_data(html), {}
    for tag, name in tags:
        value = re.search(r' value="([^"]*)"', tag) or re.search(r' type="(?:checkbox|radio)"()', tag)
        found.setdefault(
            name, good.get(re.sub(r"^a\d+-", "-", name), shown.get(name) or (value[1] or "on" if value else ""))
        )
    del found["q"]
    return found


def forms(addresses, client):
    """Each public page with a form to send: path and fields."""
    pages = {path: client.get(path) for path in addresses}
    return {
        path: filled(page.text)
        for path, page in pages.items()
        if page.get("Content-Type", "").startswith("text/html")
        and "<form" in page.text
        and 'method="post"' in page.text
    }


def test_no_public_form_is_missed(addresses, client):
    """Whatever takes something has a form, or looks at nothing; and the forms can be sent as they are here."""
    found = forms(addresses, client)
    assert {resolve(path).route for path in found} == FORMS
    shown = {type(client.get(path).context.get("form")) for path in found}
    assert shown > set(GuardedForm.__subclasses__())
    takes = {resolve(path).route for path in addresses if client.post(path).status_code != 405}
    assert takes == FORMS
    for path, data in found.items():
        with transaction.atomic():
            assert client.post(path, data).status_code in {200, 302}, path
            transaction.set_rollback(True)


@st.composite
def bent_data(draw, data):
    """What is sent as name and value, some of it replaced, left out, repeated, or a file."""
    pairs = [
        (name, value) for name, values in data.items() for value in ([values] if isinstance(values, str) else values)
    ]
    counts = [number for number, (name, _value) in enumerate(pairs) if name.endswith("_FORMS")]
    for _change in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, max(len(pairs) - 1, 0)) | st.sampled_from(counts or [0]))
        name = pairs[number][0] if number < len(pairs) else draw(WORDS)
        new = draw(
            st.lists(st.tuples(st.just(name), WORDS), max_size=1)
            | st.lists(st.tuples(st.just(name), WORDS), min_size=2, max_size=3)
            | st.tuples(st.tuples(st.just(name), st.binary(max_size=20)))
            | st.tuples(st.tuples(st.sampled_from([f"{name}[]", f"{name}-0", f"{name}\0", "x" * 5000, ""]), WORDS))
        )
        pairs[number : number + 1] = new
    return pairs


def encoded(pairs, multipart):
    """Bytes are sent as a file."""
    if not multipart:
        text = "&".join(
            "=".join(quote(part if isinstance(part, bytes) else in_bytes(part)) for part in pair) for pair in pairs
        )
        return URLENCODED, text.encode()
    body = b""
    for name, value in pairs:
        head = b'--X\r\nContent-Disposition: form-data; name="%s"' % re.sub(rb'[\r\n"]', b"_", in_bytes(name))
        if isinstance(value, bytes):
            head += b'; filename="../a\0b.png"\r\nContent-Type: image/png; charset=undefined'
        body += head + b"\r\n\r\n" + (value if isinstance(value, bytes) else in_bytes(value)) + b"\r\n"
    return "multipart/form-data; boundary=X; charset=raw_unicode_escape", body + b"--X--\r\n"


def rows():
    """How many there are of everything a form could make."""
    labels = {"portal", "wegweiser", "lotsen", "post_office"}
    return {model: model._base_manager.count() for model in apps.get_models() if model._meta.app_label in labels}


def test_every_public_form_bears_whatever_is_sent(addresses, client, admin_client):
    found, before = forms(addresses, client), rows()

    @fuzz(
        200,
        sent=st.sampled_from(sorted(found)).flatmap(lambda path: st.tuples(st.just(path), bent_data(found[path]))),
        multipart=st.booleans(),
    )
    def check(sent, multipart):
        path, pairs = sent
        cache.clear()
        kind, body = encoded(pairs, multipart)
        response = ask(client, path, "", "POST", body, content_type=kind)
        after = rows()
        if response.status_code != 302:
            changed = {model for model in after if after[model] != before[model]}
            assert not changed or "bestaetigen" in path
        if response.status_code == 400 and "stamp" in found[path]:
            assert_kept(dict(pairs), response.text)
        for model in (BarrierReport, Suggestion, Volunteer, AssistanceRequest):
            if after[model] > before[model]:
                assert after[model] == before[model] + 1
                assert_whole(model.objects.order_by("created").last(), dict(pairs), admin_client)


def assert_kept(sent, html):
    """What was typed is there again, as far as a page can show it."""
    shown = form_data(html)
    for name in re.findall(r'<(?:textarea|input type="(?:text|email|tel|number|date|time)")[^>]* name="([^"]+)"', html):
        value = sent.get(name, b"")
        if isinstance(value, str) and re.fullmatch(r"[^\0\r\n\ud800-\udfff]+", value):
            assert shown[name] == value, name


def assert_whole(row, sent, admin_client):
    for mail in Email.objects.all():
        mail.prepare_email_message().message()  # raises for a header of two lines
    for name in {"message", "name", "email", "note"} & sent.keys():
        if hasattr(row, name) and isinstance(sent[name], str):
            assert getattr(row, name).split() == sent[name].split()
    ask(admin_client, reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist"))
    ask(admin_client, reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]))


# Open data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
def test_the_open_data_answer_as_their_description_says(addresses, client, application, mode):
    """Asked as it allows, and as it does not. What the standard says of each item is looked at in test_hsds.py."""
    text = client.get("/de/hsds/openapi.json").text
    elsewhere = re.escape(STANDARD) + '[^"]+'
    document = re.sub(rf'"\$ref": "{elsewhere}"', '"type": "object", "required": ["id"]', text)
    api = schemathesis.openapi.from_dict(json.loads(document) | {"servers": [{"url": "/de/hsds"}]})
    api.app = application
    operations = [operation.ok().as_strategy(generation_mode=mode) for operation in api.get_all_operations()]
    assert len(operations) == 13

    @fuzz(60, case=st.one_of(operations))
    def check(case):
        case.call_and_validate(
            headers={"Accept-Encoding": "identity"},
            checks=[
                checks.not_a_server_error,
                checks.status_code_conformance,
                checks.content_type_conformance,
                checks.response_schema_conformance,
            ],
        )


# Staff ----------------------------------------------------------------------------------------------

CHANGELIST = {"o", "p", "q", "e", "all", "ids", "_facets", "_popup", "_to_field", "_changelist_filters", "pk__in", "id__gt",
              "title__regex", "unknown__exact", "password__startswith", "created__year", "action"}  # fmt: skip


@pytest.fixture
def ask_as_staff(addresses, admin_client):
    """Signed in anew each time: some addresses sign out."""
    cookies = admin_client.cookies.output(header="", sep=";")
    fresh = SimpleCookie(cookies)

    def ask_now(*args, **more):
        admin_client.cookies = SimpleCookie(fresh)
        return ask(admin_client, *args, **more)

    return ask_now


def lists():
    for model in admin.site._registry:
        yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), model


def test_every_list_of_the_staff_bears_whatever_is_asked_of_it(ask_as_staff):
    found = {}
    for path, _model in lists():
        context = ask_as_staff(path).context or {}
        filters = context["cl"].filter_specs if "cl" in context else []
        found[path] = CHANGELIST | {name for each in filters for name in each.expected_parameters()}
    assert sum(map(len, found.values())) > 50 + len(CHANGELIST) * len(found)

    @fuzz(
        150,
        asked=st.sampled_from(sorted(found)).flatmap(lambda path: st.tuples(st.just(path), queries(found[path]))),
        method=st.sampled_from(["GET", "GET", "GET", "POST"]),
    )
    def check(asked, method):
        path, query = asked
        kind = URLENCODED if method == "POST" else ""
        ask_as_staff(path, query, method, query.encode(), content_type=kind)


HOLES = {
    "uidb64": "MQ", "language": "ar", "code": "ar", "kind": "portal.page", "year": "2026", "app_label": "portal",
    "slug": "stelle-anlegen", "name": "anmelden.webp", "revision": "1",
}  # fmt: skip


def filled_in(route):
    """The route with what may be right in its holes, or is surely wrong."""
    start = "/".join(route.split("/")[1:3])
    model = {f"{model._meta.app_label}/{model._meta.model_name}": model for model in admin.site._registry}.get(start)
    row = model and model._base_manager.first()
    parts = re.split(r"<(\w+)>", route)
    good = [str(row.pk) if row else "1", "1", str(uuid4())]
    holes = [QUOTED | st.sampled_from([*good, HOLES.get(name, "x")]) for name in parts[1::2]]
    return st.tuples(*holes).map(lambda found: "/" + "".join(chain(*zip_longest(parts[::2], found, fillvalue=""))))


def test_every_address_of_the_staff_bears_whatever_is_asked_of_it(ask_as_staff):
    alike = defaultdict(list)  # what each kind of entry has counts as one: there are many
    for route in sorted(set(routes())):
        if route.startswith("admin/"):
            alike[re.sub(r"^admin/\w+/\w+/", "", route)].append(filled_in(route))
    assert sum(map(len, alike.values())) > 300
    known = CHANGELIST | {"next", "language", "term", "app_label", "model_name", "field_name", "ohne", "seite"}
    bodies = ["", "{}", "[]", "null", "1", '{"id": "\\ud800", "rawId": 1}', '{"id": {"response": []}}']

    @fuzz(
        250,
        path=st.sampled_from(sorted(alike)).flatmap(lambda kind: st.one_of(alike[kind])),
        query=queries(known),
        sent=st.just(("GET", "", ""))
        | st.tuples(st.just("POST"), st.just("application/json"), st.sampled_from(bodies))
        | st.tuples(st.just("POST"), st.just(URLENCODED), queries(known)),
    )
    def check(path, query, sent):
        method, kind, body = sent
        ask_as_staff(path, query, method, body.encode(), content_type=kind)


def test_every_form_of_the_staff_bears_whatever_is_sent(ask_as_staff):
    found = {}
    for path, _model in lists():
        response = ask_as_staff(f"{path}add/")
        if response.status_code == 200:
            found[f"{path}add/"] = form_data(response.text)
    assert len(found) > 15

    @fuzz(
        40,
        sent=st.sampled_from(sorted(found)).flatmap(lambda path: st.tuples(st.just(path), bent_data(found[path]))),
        multipart=st.booleans(),
    )
    def check(sent, multipart):
        path, pairs = sent
        kind, body = encoded(pairs, multipart)
        ask_as_staff(path, "", "POST", body, content_type=kind)


# Files ----------------------------------------------------------------------------------------------

SERVICES, TRANSLATIONS = "/admin/wegweiser/service/", "/admin/translations/translation/"
EXPORTS = [
    (SERVICES, {"format": "xlsx", "languages": ["ar"]}),
    (SERVICES, {"format": "csv", "languages": []}),
    (TRANSLATIONS, {"language": "ar", "what": "all", "format": "1.2"}),
    (TRANSLATIONS, {"language": "ar", "what": "all", "format": "2.0"}),
    (TRANSLATIONS, {"language": "ar", "what": "all", "format": "xlsx"}),
]


@st.composite
def damaged(draw, content):
    """A file with some bytes or words replaced; of a workbook its parts, too."""
    if content.startswith(b"PK") and draw(st.integers(0, 4)):
        parts = zipfile.ZipFile(BytesIO(content))
        whole = {name: parts.read(name) for name in parts.namelist()}
        name = draw(st.sampled_from(sorted(name for name in whole if re.search("sheet|shared|workbook|styles", name))))
        whole[name] = draw(damaged(whole[name]))
        file = BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
            for name, part in whole.items():
                parts.writestr(name, part)
        return file.getvalue()
    words = list(re.finditer(rb"(?<=>)[^<>]+(?=<)|(?<=\")[^\"<>]+(?=\")|[^;\r\n\"<>]+", content))
    for _change in range(draw(st.integers(1, 4))):
        if words and draw(st.integers(0, 4)):
            start, end = draw(st.sampled_from(words)).span()
            new = in_bytes(draw(WORDS))
            if draw(st.booleans()):
                new = escape(new.decode("utf-8", "replace")).encode()
        else:
            start = draw(st.integers(0, len(content)))
            end = start + draw(st.sampled_from([0, 1, 20, len(content)]))
            new = draw(st.binary(max_size=20))
        content = content[:start] + new + content[end:]
    return content


@pytest.mark.parametrize(("where", "how"), EXPORTS, ids=lambda how: how["format"] if isinstance(how, dict) else how)
def test_every_import_bears_damaged_files(addresses, admin_client, where, how):
    exported = admin_client.post(f"{where}export/", how).content
    assert len(exported) > 500

    @fuzz(20, content=damaged(exported), name=st.sampled_from(["a.xlsx", "a.csv", "a.xlf", "a", "\u202e.xlsx"]))
    def check(content, name):
        response = admin_client.post(f"{where}import/", {"file": SimpleUploadedFile(name, content)})
        if response.status_code == 302:
            shown = form_data(ask(admin_client, response.url).sent.decode())
            sent = urlencode(shown, doseq=True).encode()
            ask(admin_client, response.url, "", "POST", sent, content_type=URLENCODED)
