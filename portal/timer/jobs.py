"""Which jobs there are. Each is a command that may run twice without harm. A feature names its own in its AppConfig:

each_minute = ("make_booklets",)
each_day = ("check_directory",)
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.core.management import get_commands, load_command_class

WORDS = {  # libraries speak English
    "cleanup_mail": "Löscht E-Mails, die vor mehr als 30 Tagen verschickt wurden.",
    "clearsessions": "Räumt abgelaufene Sitzungen weg.",
}

Job = tuple[str, dict[str, Any]]


def of_each_minute() -> Iterator[Job]:
    yield "send_mail", {}
    yield from named("each_minute")


def of_each_day() -> Iterator[Job]:
    """Deleting comes first: what is gone is no longer written about."""
    yield "purge_personal_data", {}
    yield "cleanup_mail", {"days": 30}
    yield "clearsessions", {}
    yield from named("each_day")


def named(kind: str) -> Iterator[Job]:
    for config in apps.get_app_configs():
        for command in getattr(config, kind, ()):
            yield command, {}


def names() -> list[str]:
    return [name for name, _options in (*of_each_minute(), *of_each_day())]


def is_daily(name: str) -> bool:
    return name in {command for command, _options in of_each_day()}


@cache
def words(name: str) -> str:
    """What the job does, for staff."""
    return WORDS.get(name) or load_command_class(get_commands()[name], name).help
