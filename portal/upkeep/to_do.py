"""The staff's start page: what waits for them, in order. Each feature names its own functions in its AppConfig:

to_do = ("lotsen.office.todo.lines",)     # lines(user) gives ToDo rows, and only those that this user may see
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import IntegerChoices
from django.utils.module_loading import import_string


class When(IntegerChoices):
    NOW = 1, "Zuerst"
    SOON = 2, "Bald"
    LATER = 3, "Wenn Zeit ist"


@dataclass(frozen=True)
class ToDo:
    """So many of something; `url` is the list that shows just these. Nothing is said of none."""

    when: When
    area: str
    number: int
    words: str
    url: str
    aside: str = ""  # what stands behind the link
    counted: bool = True  # else the words are a sentence, with which no number goes

    @property
    def matters(self) -> bool:
        return bool(self.number or self.aside)


def to_do(user: User) -> dict[str, list[ToDo]]:
    """Every line for this user under its heading, first things first. As many queries with ten rows as with ten thousand."""
    found = sorted((line for line in lines(user) if line.matters), key=lambda line: line.when)
    return {when.label: [line for line in found if line.when == when] for when in When}


def lines(user: User) -> Iterator[ToDo]:
    for config in apps.get_app_configs():
        for name in getattr(config, "to_do", ()):
            yield from import_string(name)(user)
