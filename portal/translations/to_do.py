"""The lines on the staff's start page: what is public and not right in a language."""

from django.contrib.auth.models import User
from django.urls import reverse

from portal import languages
from portal.upkeep.to_do import ToDo, When

from . import rights, states
from .matrix import public
from .models import Translation

State = Translation.State
AREAS = {
    State.OUTDATED: (When.SOON, "Veraltete Übersetzungen"),
    State.MISSING: (When.LATER, "Fehlende Übersetzungen"),
    State.MACHINE: (When.LATER, "Maschinell übersetzt, noch nicht gelesen"),
}


def lines(user: User):
    """Of those languages that somebody writes: staff all, translators their own."""
    may = rights.of(user)
    if not may.may_translate_anything():
        return
    kinds = may.changed | may.translated
    counts = states.counts(kinds, may.codes, public(kinds))
    url = reverse("admin:translations_translation_changelist")
    for state, (when, area) in AREAS.items():
        for code, numbers in counts.items():
            address = f"{url}?sprache={code}&zustand={state.name.lower()}&nur_oeffentliche=on"
            yield ToDo(when, area, numbers[state], languages.BY_CODE[code].german_name, address)
