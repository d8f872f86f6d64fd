"""Keeps the search in step with the contents: on every save, and all at once by `rebuild_search`.

A model says itself what of it can be found: `search_fields = ("lead", "tasks__title")`, one hop at most.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from django.apps import apps
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.fields import RichTextField
from portal.models import Publishable, SiteProfile

from . import words
from .models import IN_TITLE, OF_LANGUAGE, SearchEntry, SearchWord

CHUNK = 200  # contents at a time, each with a row per language
BLOCK_END = re.compile(r"<br ?/?>|</(?:p|li|h\d|ul|ol)>")


def searchable_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "search_fields", ())]


# From contents to entries ---------------------------------------------------------------------------


class Text(NamedTuple):
    """What a field says to the readers of one language."""

    value: str
    translated: bool  # or the same in every language, as a name


def plain(html: str) -> str:
    return unescape(strip_tags(BLOCK_END.sub(" ", html)))


def texts(row: models.Model, path: str, language: str) -> list[Text]:
    name, _hop, rest = path.partition("__")
    if rest:
        related = getattr(row, name)
        targets = related.all() if hasattr(related, "all") else [related] if related else []
        return [text for target in targets for text in texts(target, rest, language)]
    localized = build_localized_fieldname(name, language)
    translated = hasattr(row, localized)
    field = row._meta.get_field(localized if translated else name)
    value = getattr(row, field.attname)
    if field.choices:
        value = labels(field, language).get(value, "")
    elif isinstance(field, RichTextField):
        value = plain(value or "")
    return [Text(str(value), translated)] if value else []


@lru_cache(maxsize=500)
def labels(field: models.Field, language: str) -> dict[str, str]:
    """Asked for with every row; choices that are a function would be made anew each time."""
    with translation.override(language):
        return {value: str(label) for value, label in field.flatchoices}


def joined(found: Iterable[Text]) -> str:
    return " · ".join(re.sub(r"\s+", " ", text.value).strip() for text in found)


def entry(language: str, titles: dict[str, str], found: dict[str, list[Text]], **fields) -> SearchEntry:
    """One content for the readers of one language: German stands in for what is not translated."""
    german = languages.SOURCE
    title_language = language if titles[language] else german
    text_language = language if any(text.translated for text in found[language]) else german
    title_tokens = words.tokens(titles[language], language) | words.tokens(titles[german], german)
    german_tokens, own_tokens = (words.tokens(joined(found[code]), code) for code in (german, language))
    tokens = german_tokens | own_tokens | title_tokens
    more = {OF_LANGUAGE + language, *(IN_TITLE + token for token in title_tokens)}
    row = SearchEntry(
        language=language,
        title=titles[title_language],
        title_language=title_language,
        text=joined(found[text_language]),
        text_language=text_language,
        tokens=f" {' '.join(sorted(more.union(tokens)))} ",
        **fields,
    )
    row.words = tokens
    return row


def content_entries(model: type[models.Model], ids: Iterable[int]) -> list[SearchEntry]:
    """The contents with all their languages, in one query and one more for each relation."""
    relations = {path.partition("__")[0] for path in model.search_fields if "__" in path}
    rows = model._base_manager.filter(pk__in=ids).order_by("pk")
    found = []
    for row in rows.prefetch_related(*sorted(relations)):
        titles = {code: getattr(row, build_localized_fieldname("title", code)) or "" for code in languages.BY_CODE}
        texts_by_language = {
            code: [text for path in model.search_fields for text in texts(row, path, code)]
            for code in languages.BY_CODE
        }
        with translation.override(languages.SOURCE):
            address = row.get_absolute_url().removeprefix(f"/{languages.SOURCE}")
        found += [
            entry(
                code,
                titles,
                texts_by_language,
                kind=model._meta.label_lower,
                object_id=row.pk,
                address=address,
                status=row.status,
                publish_from=row.publish_from,
                publish_until=row.publish_until,
            )
            for code in languages.BY_CODE
        ]
    return found


class FixedPage(NamedTuple):
    """A page that is there without anybody writing it: its heading, what its first lines say, what staff add."""

    url_name: str
    title: Promise
    lines: tuple[Promise, ...]
    own_text: str = ""


FIXED = "portal.siteprofile"
FIXED_PAGES = (
    FixedPage("legal_notice", _("Impressum"), (_("Kontakt"), _("Telefon"), _("E-Mail")), "legal_notice"),
    FixedPage(
        "privacy",
        _("Datenschutz"),
        (
            _(
                "Sie können dieses Portal lesen, ohne dass wir etwas über Sie erfahren. Wir setzen keine Cookies, "
                "zählen keine Besuche und laden nichts von anderen Anbietern."
            ),
        ),
        "privacy_notice",
    ),
    FixedPage(
        "accessibility",
        _("Erklärung zur Barrierefreiheit"),
        (_("Alle Menschen sollen dieses Portal benutzen können. Hier steht, wie gut das schon gelingt."),),
    ),
    FixedPage(
        "report_barrier",
        _("Barriere melden"),
        (
            _(
                "Können Sie etwas nicht lesen, nicht bedienen oder nicht verstehen? Schreiben Sie es uns, "
                "in jeder Sprache."
            ),
        ),
    ),
)


def in_each_language(text: Promise) -> dict[str, str]:
    found = {}
    for code in languages.BY_CODE:
        with translation.override(code):
            found[code] = str(text)
    return found


def fixed_entries() -> list[SearchEntry]:
    profile = SiteProfile.current()
    found = []
    for number, page in enumerate(FIXED_PAGES, start=1):
        lines = [in_each_language(line) for line in page.lines]
        texts_by_language = {
            code: [Text(line[code], True) for line in lines]
            + (texts(profile, page.own_text, code) if page.own_text else [])
            for code in languages.BY_CODE
        }
        with translation.override(languages.SOURCE):
            address = reverse(page.url_name).removeprefix(f"/{languages.SOURCE}")
        found += [
            entry(
                code,
                in_each_language(page.title),
                texts_by_language,
                kind=FIXED,
                object_id=number,
                address=address,
                status=Publishable.Status.PUBLISHED,
            )
            for code in languages.BY_CODE
        ]
    return found


# Into the database ----------------------------------------------------------------------------------


COLUMNS = (
    "object_id", "language", "address", "title", "title_language", "text", "text_language", "tokens",
    "status", "publish_from", "publish_until",
)  # fmt: skip


def write(entries: list[SearchEntry]) -> None:
    unique = ["kind", "object_id", "language"]
    fields = [f.name for f in SearchEntry._meta.concrete_fields if f.name not in {"id", "created", *unique}]
    SearchEntry.objects.bulk_create(
        entries, batch_size=CHUNK, update_conflicts=True, unique_fields=unique, update_fields=fields
    )
    # Drafts add no words: what is suggested for a typing error comes from here.
    written = {
        (row.language, token): word
        for row in entries
        if row.status == Publishable.Status.PUBLISHED
        for token, word in row.words.items()
    }
    SearchWord.objects.bulk_create(
        (SearchWord(language=code, word=token, written=word[:100]) for (code, token), word in sorted(written.items())),
        batch_size=1000,
        ignore_conflicts=True,
    )


def one_at_a_time() -> None:
    """Locks one row for as long as the transaction lasts.

    So of two editors saving at once the later one's words are written last, and nobody waits in a circle.
    """
    list(SiteProfile.objects.select_for_update(no_key=True).filter(pk=1).values_list("pk"))


def index(model: type[models.Model], ids: Iterable[int]) -> None:
    """Writes what these contents can be found by; what is no longer there is taken out."""
    ids = sorted(ids)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with transaction.atomic():
            one_at_a_time()
            entries = fixed_entries() if model is SiteProfile else content_entries(model, chunk)
            if model is not SiteProfile:
                gone = set(chunk) - {row.object_id for row in entries}
                SearchEntry.objects.filter(kind=model._meta.label_lower, object_id__in=gone).delete()
            write(entries)


def rebuild() -> None:
    """Everything anew. Until it is done, readers search in what was there."""
    with transaction.atomic():
        one_at_a_time()
        SearchEntry.objects.all().delete()
        SearchWord.objects.all().delete()
        index(SiteProfile, [1])
        for model in searchable_models():
            index(model, model._base_manager.values_list("pk", flat=True))


def mend() -> int:
    """Looks through all contents and indexes those that are found by other words than they have; how many those were.

    What is marked on a save is indexed after it. Between the two a process may be killed, a disk full.
    """
    mended = 0
    for model in [SiteProfile, *searchable_models()]:
        kind = FIXED if model is SiteProfile else model._meta.label_lower
        there = set(SearchEntry.objects.filter(kind=kind).order_by().values_list("object_id", flat=True))
        ids = sorted(there | ({1} if model is SiteProfile else set(model._base_manager.values_list("pk", flat=True))))
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            rows = fixed_entries() if model is SiteProfile else content_entries(model, chunk)
            wanted = {tuple(getattr(row, name) for name in COLUMNS) for row in rows}
            found = SearchEntry.objects.filter(kind=kind, object_id__in=chunk).order_by().values_list(*COLUMNS)
            wrong = {columns[0] for columns in wanted.symmetric_difference(found)}
            if wrong:
                index(model, wrong)
                mended += len(wrong)
    return mended


# On every save --------------------------------------------------------------------------------------

waiting = threading.local()


def mark(model: type[models.Model], ids: Iterable[int]) -> None:
    """To be indexed when the transaction is through; a failure there is logged and breaks no save (see `mend`)."""
    if not hasattr(waiting, "ids"):
        waiting.ids = defaultdict(set)
    waiting.ids[model].update(ids)
    transaction.on_commit(index_waiting, robust=True)


def index_waiting() -> None:
    """Called for each mark; the first call does the work of all."""
    marked, waiting.ids = waiting.ids, defaultdict(set)
    for model, ids in marked.items():
        index(model, ids)


def owners(model: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """Whose words a row of this model adds to, and by which relation.

    Wider than what is a part of what (portal/versions/kinds.py): by its topic something is found too, and of the parts
    only those a model names.
    """
    return [
        (content, name)
        for content in searchable_models()
        for name in sorted({path.partition("__")[0] for path in content.search_fields if "__" in path})
        if content._meta.get_field(name).related_model is model
    ]


def touched(sender, instance, **kwargs):
    """Connected before and after a change: a task may move from one office to another."""
    if instance.pk is None:
        return
    if sender is SiteProfile or getattr(sender, "search_fields", ()):
        mark(sender, [instance.pk])
    for content, relation in owners(sender):
        if ids := list(content._base_manager.filter(**{relation: instance.pk}).values_list("pk", flat=True)):
            mark(content, ids)


def relation_changed(sender, instance, model, pk_set, **kwargs):
    touched(type(instance), instance)
    if getattr(model, "search_fields", ()) and pk_set:
        mark(model, pk_set)


def connect() -> None:
    senders = {SiteProfile, *searchable_models()}
    for content in searchable_models():
        for path in content.search_fields:
            if "__" not in path:
                continue
            relation = content._meta.get_field(path.partition("__")[0])
            senders.add(relation.related_model)
            if relation.many_to_many:
                m2m_changed.connect(relation_changed, sender=relation.remote_field.through, dispatch_uid="search")
    for sender in senders:
        for signal in (pre_save, post_save, pre_delete, post_delete):
            signal.connect(touched, sender=sender, dispatch_uid="search")
