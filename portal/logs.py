"""What the portal writes while it works: one line of JSON for each record, for machines to read, and nothing about persons.

Also used by gunicorn, before there are any settings.
"""

import json
import logging
import re
import secrets
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from ipaddress import IPv6Address, IPv6Network

from django.conf import settings

HEADER = "X-Request-ID"
HALF = 5000  # of the longest traceback
request_id: ContextVar[str] = ContextVar("request_id", default="")


def number_requests(get_response):
    """Middleware. One number in all lines about a request and in its answer: who reports an error can name it."""

    def middleware(request):
        given = request.headers.get(HEADER, "") if settings.TRUST_PROXY else ""
        request.number = given if re.fullmatch(r"[\w-]{8,64}", given, re.ASCII) else secrets.token_hex(8)
        token = request_id.set(request.number)
        try:
            response = get_response(request)
        finally:
            request_id.reset(token)
        response[HEADER] = request.number
        return response

    return middleware


class JSONLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)  # Django's own records have one, and may come after the middleware
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrubbed(without_keys(record.getMessage(), request)),
            "request": getattr(request, "number", "") or request_id.get(),
        }
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = shortened("\n".join(told(record.exc_info[1])))
        return json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)


def told(error: BaseException) -> Iterator[str]:
    """Where it happened, and in short what: never the values, of which a database's answer is full below its first line."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause:
        yield from told(cause)
        yield "then:"
    yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    words = str(error).partition("\n")[0]
    yield f"{type(error).__module__}.{type(error).__qualname__}: {scrubbed(without_values(words))}"


def shortened(text: str) -> str:
    """Where it began and where it ended; Docker cuts lines of more than 16 KB."""
    return text if len(text) <= 2 * HALF else f"{text[:HALF]}\n…\n{text[-HALF:]}"


def without_keys(message: str, request) -> str:
    """The address of a page that is a key stands for its reader's right to it; so does that of a new password."""
    match = getattr(request, "resolver_match", None)
    if match and (getattr(match.func, "is_private", False) or "token" in match.kwargs):
        return message.replace(request.path, f"/{match.route}")
    return message


# Names of columns, modules and templates stay readable; what somebody has typed is mostly something else.
VALUES = re.compile(r"""(["'])(?![a-z0-9_./]*\1).*?\1""")


def without_values(words: str) -> str:
    return VALUES.sub(r"\1…\1", words)


MAIL = re.compile(r"[^\s<>\"'(),;:/]+(?:@|%40)[^\s<>\"'(),;:/]+", re.IGNORECASE)
LOGIN = re.compile(r"(?<=://)[^\s/]+@")  # in the address of a server
QUERY = re.compile(r"\?[^\s=\"']+=[^\s\"']*")
IPV4 = re.compile(r"(?<![\d.])(?!127\.|0\.0\.0\.0)(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}(?![\d.]*\d)")
IPV6 = re.compile(r"(?<![\w:])[0-9a-f]*:[0-9a-f:]*:[0-9a-f.]*", re.IGNORECASE)
WORD = re.compile(r"[\w:=-]{16,}", re.ASCII)


def scrubbed(text: str) -> str:
    """Without what may lead to a person: e-mail addresses, whole IP addresses, what was asked for, keys."""
    text = MAIL.sub("…@…", QUERY.sub("?…", LOGIN.sub("…@", text)))
    text = WORD.sub(unless_key, IPV6.sub(network, text))
    return IPV4.sub(r"\1.…", text)


def network(match: re.Match[str]) -> str:
    try:
        return f"{IPv6Network((IPv6Address(match[0]), 64), strict=False).network_address}…"
    except ValueError:
        return match[0]  # a time of day


def unless_key(match: re.Match[str]) -> str:
    """A key mixes letters and digits, or capitals all over; a slug or the name of a class does not."""
    mixed = any(re.search(r"\d", part) and re.search(r"[A-Za-z]", part) for part in re.split(r"[-_:=]", match[0]))
    wild = len(match[0]) >= 30 and len(re.findall(r"[A-Z]", match[0])) > 5
    return "…" if mixed or wild else match[0]
