"""All contents and their languages at a glance: what there is to do, in order."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django import forms
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.html import format_html

from portal import languages
from portal.models import SiteProfile

from . import parts, states
from .models import Translation
from .rights import Rights
from .states import SIGNS, WORDS

State = Translation.State
PER_PAGE = 50


class Filter(forms.Form):
    """What the page shows; its names stand in addresses, so that other pages can link to a choice."""

    art = forms.ChoiceField(label="Inhalt", required=False)
    sprache = forms.ChoiceField(label="Sprache", required=False)
    zustand = forms.ChoiceField(label="Zustand", required=False)
    nur_oeffentliche = forms.BooleanField(label="nur öffentliche", required=False)
    nr = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**62)  # of one content

    def __init__(self, data, rights: Rights):
        super().__init__(data)
        self.rights = rights
        self.picked = picked(data.getlist("wahl"))
        kinds = parts.contents()
        named = sorted((str(kinds[kind]._meta.verbose_name_plural), kind) for kind in rights.kinds)
        self.fields["art"].choices = [("", "alle"), *((kind, name) for name, kind in named)]
        self.fields["sprache"].choices = [
            ("", "alle"),
            *((code, languages.BY_CODE[code].german_name) for code in rights.codes),
        ]
        chosen = [State.MISSING, State.OUTDATED, State.MACHINE, State.CURRENT]
        self.fields["zustand"].choices = [("", "alle"), *((state.name.lower(), WORDS[state]) for state in chosen)]

    def chosen(self) -> dict:
        """Without what is no choice; a mistyped address shows more rather than nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def codes(self) -> list[str]:
        code = self.chosen().get("sprache")
        return [code] if code else self.rights.codes

    def cells(self) -> QuerySet[Translation]:
        """One for each content that is shown, of the language that is chosen or of the first."""
        chosen, codes = self.chosen(), self.codes()
        rows = of_kinds(self.rights.kinds).filter(language=codes[0]) if codes else Translation.objects.none()
        if self.picked:
            rows = rows.filter(self.picked)
        if kind := chosen.get("art"):
            rows = rows.filter(kind=kind)
            if number := chosen.get("nr"):
                rows = rows.filter(object_id=number)
        if name := chosen.get("zustand"):
            wanted = Translation.objects.filter(
                kind=OuterRef("kind"), object_id=OuterRef("object_id"), language__in=codes, state=State[name.upper()]
            )
            rows = rows.filter(Exists(wanted))
        return rows.filter(public(self.rights.kinds)) if chosen.get("nur_oeffentliche") else rows


def picked(ticked: list[str]) -> Q:
    """The contents ticked on the page, as "offices.office:12"."""
    condition = Q()
    for one in ticked[: 2 * PER_PAGE]:
        kind, _colon, number = one.partition(":")
        if number.isascii() and number.isdigit() and len(number) < 19:
            condition |= Q(kind=kind, object_id=int(number))
    return condition


def of_kinds(kinds: Collection[str]) -> QuerySet[Translation]:
    """In the order of the page. Of contents without any text there is nothing to say."""
    place = Case(*(When(kind=kind, then=Value(number)) for number, kind in enumerate(kinds)), default=Value(len(kinds)))
    rows = Translation.objects.filter(kind__in=kinds).exclude(state=State.NOTHING)
    return rows.annotate(place=place).order_by("place", "object_id")


def public(kinds: Collection[str]) -> Q:
    condition = Q(pk=None)
    for kind in kinds:
        manager = parts.contents()[kind].objects
        if hasattr(manager, "published"):
            condition |= Q(kind=kind, object_id__in=manager.published().values("pk"))
        else:
            condition |= Q(kind=kind)
    return condition


@dataclass
class Cell:
    language: languages.Language
    state: State
    url: str

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def css(self) -> str:
        return self.state.name.lower()


@dataclass
class Row:
    content: models.Model
    cells: list[Cell]

    @property
    def key(self) -> str:
        return ":".join(map(str, states.key(self.content)))


def contents_of(cells: Iterable[Translation]) -> dict[tuple[str, int], models.Model]:
    """A query for each kind."""
    pks = defaultdict(list)
    for cell in cells:
        pks[cell.kind].append(cell.object_id)
    return {
        (kind, pk): row
        for kind, found in pks.items()
        for pk, row in parts.contents()[kind]._base_manager.in_bulk(found).items()
    }


def rows(page: list[Translation], codes: list[str], rights: Rights) -> list[Row]:
    contents = contents_of(page)
    cells = Translation.objects.filter(
        kind__in={cell.kind for cell in page}, object_id__in={cell.object_id for cell in page}, language__in=codes
    )
    found = {(cell.kind, cell.object_id, cell.language): State(cell.state) for cell in cells}
    return [
        Row(
            content,
            [
                Cell(
                    languages.BY_CODE[code],
                    found.get((*place, code), State.NOTHING),
                    edit_address(*place, code) if rights.may_translate(place[0], code) else "",
                )
                for code in codes
            ],
        )
        for place in ((cell.kind, cell.object_id) for cell in page)
        if (content := contents.get(place))
    ]


def edit_address(kind: str, pk: int, code: str) -> str:
    return reverse("admin:translations_translation_edit", args=[kind, pk, code])


def address(row: models.Model) -> str:
    """The page with this one content, or the content this is a part of."""
    kind, pk = states.key(parts.owner(row))
    return f"{reverse('admin:translations_translation_changelist')}?art={kind}&nr={pk}"


def next_after(kind: str, pk: int, code: str, rights: Rights) -> Translation | None:
    """The next content in the order of the page that needs somebody in this language."""
    kinds = [name for name in rights.kinds if rights.may_translate(name, code)]
    later = Q(kind=kind, object_id__gt=pk) | Q(kind__in=kinds[kinds.index(kind) + 1 :])
    return of_kinds(kinds).filter(later, language=code, state__gte=State.MACHINE).first()


# In the lists of contents -----------------------------------------------------------------------------


def look_up(contents: Iterable[models.Model]) -> None:
    """Gives each content the states of its shown languages; two queries for all of them."""
    contents = list(contents)
    if not contents:
        return
    shown = SiteProfile.current().shown_languages()
    cells = Translation.objects.filter(
        kind=states.key(contents[0])[0], object_id__in=[content.pk for content in contents], language__in=shown
    )
    found = defaultdict(list)
    for cell in cells:
        found[cell.object_id].append(State(cell.state))
    for content in contents:
        content.translation_states = len(shown), found[content.pk]


def in_short(content: models.Model) -> str:
    shown, found = getattr(content, "translation_states", (0, []))
    count = {state: found.count(state) for state in (State.MISSING, State.OUTDATED, State.MACHINE)}
    done = shown - count[State.MISSING] - count[State.OUTDATED]
    words = {**WORDS, State.MISSING: "fehlt" if count[State.MISSING] == 1 else "fehlen"}
    behind = ", ".join(f"{number} {words[state]}" for state, number in count.items() if number)
    return format_html('<a href="{}">{}/{}</a>{}', address(content), done, shown, f" ({behind})" if behind else "")
