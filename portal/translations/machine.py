"""A machine fills what is still empty, if the office has chosen one. Texts leave the house for that.

MACHINE_TRANSLATION_URL says which: libretranslate+https://host/?key=… (an own server or any compatible one),
or deepl://key (deepl://key:fx for DeepL's free offer, as its keys end).
"""

import json
from collections.abc import Callable
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings

from portal import languages

TIMEOUT = 20  # seconds for one question
MAX_ANSWER = 10 * 1024 * 1024
AT_ONCE = 20  # texts in one question

# What our codes are called there. Leichte Sprache and Kurmanji no machine knows.
NOT_POSSIBLE = {"de-simple", "kmr"}
DEEPL_CODES = {"en": "EN-GB"}


class NotTranslated(Exception):
    """Why, for staff."""


class NoRedirects(HTTPRedirectHandler):
    """A key is told to one host only."""

    def redirect_request(self, *args, **kwargs):
        return None


def is_available(code: str) -> bool:
    return bool(settings.MACHINE_TRANSLATION_URL) and code not in NOT_POSSIBLE


def host() -> str:
    """Where the texts go."""
    address = urlsplit(settings.MACHINE_TRANSLATION_URL)
    return "DeepL" if address.scheme == "deepl" else address.hostname or ""


def translate(texts: list[str], target: str, html: bool) -> list[str]:
    """The German texts in the target language, in the same order. Raises NotTranslated."""
    if not is_available(target):
        raise NotTranslated(f"In {languages.BY_CODE[target].german_name} kann hier keine Maschine übersetzen.")
    ask = deepl if urlsplit(settings.MACHINE_TRANSLATION_URL).scheme == "deepl" else libretranslate
    return [
        text
        for start in range(0, len(texts), AT_ONCE)
        for text in answered(ask, texts[start : start + AT_ONCE], target, html)
    ]


def answered(ask: Callable[[list[str], str, bool], object], texts: list[str], target: str, html: bool) -> list[str]:
    try:
        found = ask(texts, target, html)
    except HTTPError as error:
        reasons = {
            401: "Der Schlüssel stimmt nicht",
            403: "Der Schlüssel stimmt nicht",
            429: "Zu viele Anfragen, bitte später noch einmal",
            456: "Das Kontingent ist aufgebraucht",
        }
        reason = reasons.get(error.code, f"Der Übersetzungsdienst meldet Fehler {error.code}")
        raise NotTranslated(f"{reason}.") from error
    except TimeoutError as error:
        raise NotTranslated(f"Der Übersetzungsdienst hat {TIMEOUT} Sekunden lang nicht geantwortet.") from error
    except (URLError, HTTPException, OSError) as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            raise NotTranslated(f"Der Übersetzungsdienst hat {TIMEOUT} Sekunden lang nicht geantwortet.") from error
        raise NotTranslated("Der Übersetzungsdienst ist nicht zu erreichen.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotTranslated("Die Antwort des Übersetzungsdienstes ist nicht zu verstehen.") from error
    if not isinstance(found, list) or len(found) != len(texts) or not all(isinstance(text, str) for text in found):
        raise NotTranslated("Die Antwort des Übersetzungsdienstes ist nicht zu verstehen.")
    return found


def libretranslate(texts: list[str], target: str, html: bool) -> object:
    """https://docs.libretranslate.com: POST /translate"""
    address = urlsplit(settings.MACHINE_TRANSLATION_URL)
    question = {"q": texts, "source": "de", "target": target, "format": "html" if html else "text"}
    if key := parse_qs(address.query).get("key"):
        question["api_key"] = key[0]
    place = f"{address.netloc}{address.path.rstrip('/')}/translate"
    return post(place, question, secure=address.scheme.endswith("https"))["translatedText"]


def deepl(texts: list[str], target: str, html: bool) -> object:
    """https://developers.deepl.com: POST /v2/translate"""
    key = settings.MACHINE_TRANSLATION_URL.removeprefix("deepl://").rstrip("/")
    question = {"text": texts, "source_lang": "DE", "target_lang": DEEPL_CODES.get(target, target.upper())}
    if html:
        question["tag_handling"] = "html"
    host = "api-free.deepl.com" if key.endswith(":fx") else "api.deepl.com"
    answer = post(f"{host}/v2/translate", question, {"Authorization": f"DeepL-Auth-Key {key}"})
    return [one["text"] for one in answer["translations"]]


def post(place: str, question: dict, headers: dict[str, str] | None = None, secure: bool = True) -> dict:
    body, headers = json.dumps(question).encode(), {"Content-Type": "application/json", **(headers or {})}
    request = Request(f"https://{place}", body, headers) if secure else Request(f"http://{place}", body, headers)
    with build_opener(NoRedirects).open(request, timeout=TIMEOUT) as response:
        return json.loads(response.read(MAX_ANSWER))
