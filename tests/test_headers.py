"""What every answer carries, whoever gives it; online, as docs/betrieb.md sets it up."""

import re

import pytest
from django.db import OperationalError
from django.test import Client

from lotsen.sign_up import own
from portal.forms import BarrierReportForm
from tests import factories, production
from tests.conftest import form_data, log_in, staff

pytestmark = pytest.mark.django_db

POLICY = {
    "script-src 'self' HASH", "style-src 'self'", "img-src 'self'", "font-src 'self'", "media-src 'self'", "connect-src 'self'",
    "form-action 'self'", "default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "object-src 'none'",
}  # fmt: skip


@pytest.fixture
def online(settings, site):
    for name, value in production.settings().items():
        setattr(settings, name, value)
    assert settings.UNSAFE == []
    # As a browser sends it, with what the web server in front adds.
    return Client(
        SERVER_NAME=production.HOST,
        headers={"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.7"},
        raise_request_exception=False,
        enforce_csrf_checks=True,
    )


def staff_client(client, group="Administration"):
    return log_in(client, staff("kollegin", group))


def broken(error):
    def raise_it(*args, **kwargs):
        raise error

    return raise_it


def upload(client, monkeypatch):
    return client.get(factories.make_file(factories.make_publication()).get_absolute_url())


def picture(client, monkeypatch):
    shown = factories.make_picture()
    factories.make_page(slug="mit-bild", picture=shown)
    html = client.get("/de/mit-bild/").content.decode()
    return client.get(re.search(r"/bilder/[\w-]+\.webp", html)[0])


def booklet(client, monkeypatch):
    factories.make_service(factories.make_location())
    return client.get("/de/wegweiser/wegweiser.pdf")


def card(client, monkeypatch):
    return client.get(f"/de/wegweiser/{factories.make_service(factories.make_location()).slug}.vcf")


def private(client, monkeypatch):
    volunteer = factories.make_volunteer(stage="active", email="a@example.org")
    return client.get(own.address(volunteer).partition(production.HOST)[2])


def too_often(client, monkeypatch):
    monkeypatch.setattr(BarrierReportForm, "PER_HOUR", 0)
    monkeypatch.setattr(BarrierReportForm, "MIN_SECONDS", 0)
    data = form_data(client.get("/de/barriere-melden/").content.decode())
    return client.post("/de/barriere-melden/", {**data, "message": "Text"})


def locked_out(client, monkeypatch):
    monkeypatch.setattr("portal.accounts.throttling.MOST", 0)
    client.handler.enforce_csrf_checks = False
    return client.post("/admin/login/", {"username": "a", "password": "b"})


def failing(error):
    def ask(client, monkeypatch):
        monkeypatch.setattr("portal.views.TopTask.objects.all", broken(error))
        return client.get("/de/")

    return ask


def get(path, **extra):
    return lambda client, monkeypatch: client.get(path, **extra)


def as_staff(path, group="Administration"):
    return lambda client, monkeypatch: staff_client(client, group).get(path)


# What it is → how to get it, and with which status.
KINDS = {
    "page": (get("/de/"), 200),
    "list": (get("/ar/stellen/"), 200),
    "search": (get("/de/suche/?q=a"), 200),
    "form": (get("/de/barriere-melden/"), 200),
    "form with mistakes": (lambda c, m: c.post("/de/barriere-melden/", {}), 400),
    "private page": (private, 200),
    "private page with a wrong key": (get("/de/lotsen/einladung/x/"), 403),
    "private page that is gone": (get("/de/lotsen/meine-angaben/x/"), 410),
    "not found": (get("/de/gibt-es-nicht/"), 404),
    "not found without a language": (get("/gibt-es-nicht.php"), 404),
    "unknown host": (get("/de/", SERVER_NAME="boese.example.org"), 400),
    "unknown host by http": (get("/de/", SERVER_NAME="boese.example.org", HTTP_X_FORWARDED_PROTO="http"), 400),
    "expired form of staff": (lambda c, m: c.post("/admin/login/", {}), 403),
    "method not allowed": (lambda c, m: c.delete("/de/"), 405),
    "too large": (lambda c, m: c.generic("POST", "/de/barriere-melden/", b"a" * 300_000), 413),
    "address too long": (get("/de/?" + "a" * 7000), 414),
    "too often": (too_often, 429),
    "locked out": (locked_out, 429),
    "mistake of ours": (failing(ValueError("secret")), 500),
    "database busy": (failing(OperationalError("database is locked")), 503),
    "to the language": (get("/"), 302),
    "to the language, told on the phone": (get("/stellen/"), 302),
    "with a slash": (get("/de/stellen"), 301),
    "to https": (get("/de/", HTTP_X_FORWARDED_PROTO="http"), 301),
    "static": (get("/static/css/portal.css"), 200),
    "static, not changed": (get("/static/css/portal.css", HTTP_IF_MODIFIED_SINCE="Fri, 01 Jan 2100 00:00:00 GMT"), 304),
    "style sheet": (get("/gestaltung.css"), 200),
    "static, missing": (get("/static/css/nichts.css"), 404),
    "upload": (upload, 200),
    "picture": (picture, 200),
    "PDF made here": (booklet, 200),
    "open data": (get("/de/hsds/"), 200),
    "open data, missing": (get("/de/hsds/services/x"), 404),
    "open data, sent": (lambda c, m: c.post("/de/hsds/services", {}), 405),
    "calendar": (get("/de/veranstaltungen/kalender.ics"), 200),
    "card": (card, 200),
    "feed": (get("/de/veroeffentlichungen/feed.xml"), 200),
    "sitemap": (get("/sitemap.xml"), 200),
    "robots": (get("/robots.txt"), 200),
    "security.txt": (get("/.well-known/security.txt"), 200),
    "health": (get("/healthz"), 200),
    "login": (get("/admin/login/"), 200),
    "to the login": (get("/admin/"), 302),
    "forgotten password": (get("/admin/passwort/vergessen/"), 200),
    "start page of staff": (as_staff("/admin/"), 200),
    "list of staff": (as_staff("/admin/auth/user/"), 200),
    "editor of staff": (as_staff("/admin/portal/page/add/", "Redaktion"), 200),
    "forbidden to staff": (as_staff("/admin/lotsen/volunteer/"), 403),
    "not found by staff": (as_staff("/admin/gibt/es/nicht/"), 404),
    "handbook": (as_staff("/admin/handbuch/"), 200),
    "words for scripts": (as_staff("/admin/jsi18n/"), 200),
    "table for staff": (lambda c, m: post_as_staff(c, "/admin/versions/auditentry/protokoll.csv"), 200),
}


def post_as_staff(client, path):
    staff_client(client).handler.enforce_csrf_checks = False
    return client.post(path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_carries_the_strict_headers(online, monkeypatch, kind):
    ask, status = KINDS[kind]
    response = ask(online, monkeypatch)
    assert response.status_code == status
    policy = response["Content-Security-Policy"]
    if kind in {"upload", "PDF made here", "picture"}:
        assert policy == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
        assert response["Content-Disposition"].startswith("inline")
    else:
        policy = re.sub(r"'sha256-[\w+/=]{44}'", "HASH", policy)
        if kind == "editor of staff":  # the library's own style and settings, by nonce and hash
            policy = re.sub(r" 'nonce-[\w+/=-]+'", "", policy).replace("style-src 'self' HASH", "style-src 'self'")
        assert set(policy.split("; ")) == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == ("no-referrer" if kind.startswith("private") else "same-origin")
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    # Open data is for everybody; what only reads like it, a calendar, is fetched by programs, whom this does not hinder.
    for_all = kind.startswith("open data")
    assert response["Cross-Origin-Resource-Policy"] == ("cross-origin" if for_all else "same-origin")
    assert response.get("Access-Control-Allow-Origin") == ("*" if for_all else None)
    assert response["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    if "http" not in kind:
        assert response["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    path = response.wsgi_request.path
    if path.startswith("/admin/") or kind.startswith("private"):
        assert "no-store" in response["Cache-Control"]
    for name, cookie in response.cookies.items():
        assert path.startswith("/admin/"), f"{name} for a reader"
        assert name in {"__Secure-sessionid", "__Secure-csrftoken"}
        assert (cookie["path"], cookie["secure"], cookie["samesite"]) == ("/admin/", True, "Lax")
        assert cookie["httponly"] or name == "__Secure-csrftoken"
    assert not {"Server", "X-Powered-By", "Via"} & set(response.headers)
    if not response.streaming:
        assert b"Traceback" not in response.content
        assert b"secret" not in response.content


def test_a_message_to_staff_is_no_cookie_for_readers(online):
    """Django would put it into a cookie for all paths."""
    client = staff_client(online, "Redaktion")
    client.handler.enforce_csrf_checks = False
    response = client.post(f"/admin/portal/page/{factories.make_page().pk}/delete/", {"post": "yes"})
    assert response.status_code == 302
    assert set(client.cookies) <= {"__Secure-sessionid", "__Secure-csrftoken"}
    assert "gelöscht" in client.get("/admin/").content.decode()


# The grade ------------------------------------------------------------------------------------------


def observatory(client, path):
    """The score MDN's HTTP Observatory gives: its table of September 2026, as far as it can concern us."""
    response = client.get(path)
    policy = {
        name: set(words) for name, *words in (part.split() for part in response["Content-Security-Policy"].split(";"))
    }
    scripts = policy.get("script-src", policy["default-src"])
    styles = policy.get("style-src", policy["default-src"])
    broad = {"*", "http:", "https:", "ftp:", "data:", "'unsafe-inline'"}
    score, bonus = 100, 0

    if scripts & broad or policy.get("object-src", policy["default-src"]) & (broad - {"data:"}):
        score -= 20
    elif "'unsafe-eval'" in scripts | styles:
        score -= 10
    elif not styles & broad:
        strict = policy["default-src"] == {"'none'"} and policy.get("form-action", {"*"}) <= {"'none'", "'self'"}
        bonus += 10 if strict and policy.get("base-uri", {"*"}) <= {"'none'", "'self'"} else 5

    if ("frame-ancestors" in policy and not policy["frame-ancestors"] & broad) or response.get("X-Frame-Options") in {
        "DENY",
        "SAMEORIGIN",
    }:
        bonus += 5
    else:
        score -= 20

    age = re.search(r"max-age=(\d+)", response.get("Strict-Transport-Security", ""))
    score -= 20 if not age else 10 if int(age[1]) < 15_768_000 else 0
    score -= 0 if response.get("X-Content-Type-Options") == "nosniff" else 5

    private = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
    referrer = response.get("Referrer-Policy")
    bonus += 5 if referrer in private else 0
    score -= 5 if referrer and referrer not in private else 0
    bonus += 10 if response.get("Cross-Origin-Resource-Policy") in {"same-origin", "same-site"} else 0
    bonus += 10 if response.get("Cross-Origin-Opener-Policy") in {"same-origin", "same-origin-allow-popups"} else 0

    everything_said = bool(response.cookies)
    for name, cookie in response.cookies.items():
        everything_said &= bool(cookie["samesite"])
        score -= 0 if cookie["secure"] else 40 if "sess" in name else 20
        score -= 30 if "sess" in name and not cookie["httponly"] else 0
        score -= 20 if "csrf" in name and not cookie["samesite"] else 0
    bonus += 5 if everything_said else 0

    if response.get("Access-Control-Allow-Origin") and response.get("Access-Control-Allow-Credentials"):
        score -= 50
    sources = re.findall(r'<script[^>]* src="([^"]+)"', response.content.decode())
    score -= 5 if any("//" in source for source in sources) else 0  # ours are all from here

    first = client.get(path, HTTP_X_FORWARDED_PROTO="http")
    score -= 0 if first.get("Location", "").startswith(f"https://{production.HOST}/") else 20
    return score + bonus if score >= 90 else score


@pytest.mark.parametrize("path", ["/de/", "/admin/login/", "/de/barriere-melden/", "/ar/gibt-es-nicht/"])
def test_the_observatory_gives_the_best_grade(online, path):
    assert observatory(online, path) >= 100  # A+


@pytest.mark.parametrize(
    "change",
    [
        {"SECURE_HSTS_SECONDS": 0},
        {"SECURE_SSL_REDIRECT": False},
        {"SESSION_COOKIE_SECURE": False, "CSRF_COOKIE_SECURE": False},
    ],
    ids=["no HSTS", "no https", "open cookies"],
)
def test_without_any_of_it_the_grade_would_fall(online, settings, change):
    for name, value in change.items():
        setattr(settings, name, value)
    assert observatory(online, "/admin/login/") < 90
