"""Asks addresses elsewhere whether they still answer. Patiently: a link is broken only after several days of failures."""

import ipaddress
import logging
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from ..models import OutsideLink

logger = logging.getLogger("portal")

State = OutsideLink.State
TIMEOUT = 8  # seconds
AT_ONCE = 5
A_MINUTE = 10  # links; mail waits for the check, so it must not take long
FAILURES = 3  # so many in a row, over
DAYS = timedelta(days=2)  # so many days at least, and a link is broken
AGAIN = {
    State.WORKS: timedelta(days=7),
    State.SHUT: timedelta(days=7),
    State.FAILING: timedelta(hours=20),
    State.BROKEN: timedelta(days=3),
}
GONE = {404, 410}


class NotPublic(Exception):
    """An address within the house: this machine must not be made to knock there."""


@dataclass(frozen=True)
class Answer:
    state: State
    reason: str
    heard: bool = True  # False: nobody answered at all, which may be our own net


def check(url: str) -> Answer:
    """Asks once; FAILING if that was no good."""
    answer = ask(url, "HEAD")
    return answer if answer.state == State.WORKS or not answer.heard else ask(url, "GET")  # some know no HEAD


def ask(url: str, method: str) -> Answer:
    agent = f"Integrationsportal ({settings.PORTAL_URL}; prüft seine Links)".encode("ascii", "replace").decode()
    try:
        refuse_house(url)
        asked = urllib.request.Request(quoted(url), method=method, headers={"User-Agent": agent, "Accept": "*/*"})  # noqa: S310  only http(s) gets here
        with opener().open(asked, timeout=TIMEOUT):
            return Answer(State.WORKS, "")
    except urllib.error.HTTPError as error:
        if error.code in GONE:
            return Answer(State.FAILING, "Diese Seite gibt es dort nicht mehr.")
        if error.code in range(300, 400):
            return Answer(State.FAILING, "Die Adresse leitet im Kreis weiter.")
        if error.code >= 500 and error.code != 503:
            return Answer(State.FAILING, f"Der Server dort meldet einen Fehler ({error.code}).")
        return Answer(State.SHUT, f"Der Server dort lässt Programme nicht nachsehen ({error.code}).")
    except NotPublic:
        return Answer(State.SHUT, "Die Adresse liegt in einem internen Netz.")
    except (OSError, HTTPException, ValueError) as error:
        return nobody(getattr(error, "reason", error))


def nobody(reason: object) -> Answer:
    if isinstance(reason, ssl.SSLError):
        return Answer(State.FAILING, "Das Sicherheitszertifikat dort stimmt nicht.")
    if isinstance(reason, socket.gaierror | UnicodeError):
        return Answer(State.FAILING, "Diesen Internetnamen gibt es nicht mehr.", heard=False)
    if isinstance(reason, TimeoutError):
        return Answer(State.FAILING, "Es kommt keine Antwort.", heard=False)
    return Answer(State.FAILING, "Die Verbindung kommt nicht zustande.", heard=False)


def quoted(url: str) -> str:
    """Umlauts in the address as servers expect them."""
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode()
    port = f":{parts.port}" if parts.port else ""
    path = urllib.request.quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = urllib.request.quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return f"{parts.scheme}://{host}{port}{path}" + (f"?{query}" if query else "")


def refuse_house(url: str) -> None:
    parts = urlsplit(url)
    host = (parts.hostname or "").encode("idna").decode()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not is_public(found[4][0]):
            raise NotPublic


def is_public(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_global


class Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 6

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if not newurl.startswith(("https://", "http://")):
            return None
        refuse_house(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def opener() -> urllib.request.OpenerDirector:
    """Only these: not file:, not ftp:, and no proxy that the environment names for something else."""
    made = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        Redirects(),
    ):
        made.add_handler(handler)
    return made


# Writing down -----------------------------------------------------------------------------------------


def check_due(number: int = A_MINUTE) -> int:
    """The links whose turn it is, one of each host at a time; how many were asked."""
    due = OutsideLink.objects.filter(next_check__lte=timezone.now()).order_by("next_check")[: number * 5]
    by_host = {urlsplit(link.url).netloc: link for link in reversed(due)}
    return check_and_write(list(by_host.values())[:number])


def check_and_write(links: Iterable[OutsideLink]) -> int:
    links = list(links)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(check, [link.url for link in links]))
    if len(answers) > 1 and not any(answer.heard for answer in answers):
        logger.warning("No outside link answers: is this machine cut off? Asking again later.")
        OutsideLink.objects.filter(pk__in=[link.pk for link in links]).update(
            next_check=timezone.now() + timedelta(hours=1)
        )
        return 0
    for link, answer in zip(links, answers, strict=True):
        write(link, answer)
    return len(links)


def write(link: OutsideLink, answer: Answer) -> None:
    today = timezone.localdate()
    link.checked_at, link.reason, link.state = timezone.now(), answer.reason, answer.state
    if answer.state == State.FAILING:
        link.failures += 1
        link.failing_since = link.failing_since or today
        if link.failures >= FAILURES and today - link.failing_since >= DAYS:
            link.state = State.BROKEN
    else:
        link.failures, link.failing_since = 0, None
    link.next_check = link.checked_at + AGAIN[State(link.state)]
    link.save()
