"""The tags every template needs: a text in the reader's language, or honestly in German."""

import re
from functools import lru_cache

from django import template
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.html import conditional_escape, escape, format_html, format_html_join, linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from modeltranslation.utils import build_localized_fieldname

from .. import icons, languages, rich_text, style
from ..fields import localized_link
from ..models import Translated
from ..page_cache.kept import kept
from ..phones import tel_link
from ..translations.models import Translation

register = template.Library()
register.filter("localized_link", localized_link)
register.filter("tel_link", tel_link)


def text_and_language(obj, field):
    """The text in the reader's language, or else in German; and which of them it is."""
    language = get_language()
    text = getattr(obj, build_localized_fieldname(field, language))
    if text:
        return text, language
    return getattr(obj, build_localized_fieldname(field, languages.SOURCE)) or "", languages.SOURCE


def said_in(language):
    """The attributes of an element whose text is in this language; none where that is the page's own."""
    if language == get_language():
        return ""
    return format_html(' lang="{}" dir="{}"', language, languages.direction(language))


def _localized(context, obj, field):
    """Text and the attributes it needs; tells the page's notice when German or a machine stands in."""
    text, language = text_and_language(obj, field)
    if not text:
        return "", ""
    if language != get_language():
        context["request"].language_notes.add("german")
        return text, said_in(language)
    if language in getattr(obj, "machine_translated", ()):
        context["request"].language_notes.add("machine")
    return text, ""


# Leichte Sprache puts each sentence on a line of its own; "5. März" and "z. B." end no sentence.
SENTENCE_END = re.compile(r"(?:(?<=[^\W\d]{2}[.!?])|(?<=\d{4}[.!?])) +(?=[A-ZÄÖÜ„])")
# German in brackets or quotation marks, as in "مكتب (Ausländerbehörde)", among letters of another script.
GERMAN = re.compile(
    r"(?P<german>\((?=[^()<>]*[A-Za-z])[^()<>\u0400-\u08ff]+\)|«(?=[^«»<>]*[A-Za-z])[^«»<>\u0400-\u08ff]+»)"
)
# "030 23125-110", "8:30–12:00", "2020/2021": groups of digits, which right-to-left text would turn around.
NUMBERS = r"(?<![\d+])\+?\d+(?:[ \u00a0/.:()–-]{1,3}\d+)+"
# A part marked as left-to-right as a whole, or a text between two tags.
OUTSIDE_PARTS = re.compile(r'<span lang="[\w-]+" dir="ltr">.*?</span>|(?:^|(?<=>))[^<>]+', re.S)
LEFT_TO_RIGHT = re.compile(f"{GERMAN.pattern}|{NUMBERS}")


def _isolated(found):
    language = ' lang="de"' if found["german"] else ""
    return f'<bdi{language} dir="ltr">{found[0]}</bdi>'


def isolate(html, attributes):
    """Says where German stands amid another script, and keeps phone numbers, times and German terms in order
    on right-to-left pages. Tags are left alone."""
    if attributes or languages.is_latin(get_language()):
        return html
    pattern = LEFT_TO_RIGHT if languages.BY_CODE[get_language()].rtl else GERMAN
    return mark_safe(
        OUTSIDE_PARTS.sub(lambda text: text[0] if text[0][0] == "<" else pattern.sub(_isolated, text[0]), html)
    )


@register.simple_tag(takes_context=True)
def loc(context, obj, field):
    """A short text: `<h1>{% loc office "title" %}</h1>`."""
    text, attributes = _localized(context, obj, field)
    if attributes:
        return format_html("<span{}>{}</span>", attributes, text)
    return isolate(conditional_escape(text), attributes)


@register.simple_tag
def language_of(obj, field):
    """For texts in attributes, as alt: the language of the element, where German stands in."""
    text, language = text_and_language(obj, field)
    return said_in(language) if text else ""


@register.simple_tag(takes_context=True)
def loc_paragraphs(context, obj, field, css="prose"):
    """A longer text without formatting, a paragraph per empty line."""
    text, attributes = _localized(context, obj, field)
    if not text:
        return ""
    if get_language() == "de-simple" and not attributes:
        text = SENTENCE_END.sub("\n", text)
    html = isolate(mark_safe(linebreaks(text, autoescape=True)), attributes)
    return format_html('<div class="{}"{}>{}</div>', css, attributes, html)


@register.simple_tag(takes_context=True)
def loc_lines(context, obj, field):
    """A text with one thing a line, as a list."""
    text, attributes = _localized(context, obj, field)
    lines = (line.strip() for line in text.splitlines())
    items = format_html_join(
        "", "<li>{}</li>", ([isolate(conditional_escape(line), attributes)] for line in lines if line)
    )
    return format_html("<ul{}>{}</ul>", attributes, items) if items else ""


@register.simple_tag(takes_context=True)
def loc_rich(context, obj, field, level=2):
    """Text from the editor, its headings from `level` on. Links into the portal lead to the reader's language."""
    text, attributes = _localized(context, obj, field)
    if not text:
        return ""
    return prose(
        obj._meta.get_field(build_localized_fieldname(field, languages.SOURCE)), text, attributes, get_language(), level
    )


INTERNAL_LINK = re.compile(rf'href="/(?:(?:{"|".join(languages.BY_CODE)})/)?(?=[a-z])')


@lru_cache(maxsize=200)
def prose(field, text, attributes, language, level):
    """A change elsewhere leaves a text as it is, and cleaning it is the longest part of drawing its page."""
    html = INTERNAL_LINK.sub(f'href="/{language}/', field.sanitize(text))
    html = isolate(mark_safe(rich_text.shift_headings(html, level)), attributes)
    return format_html('<div class="prose"{}>{}</div>', attributes, html)


@register.tag
def with_language_notes(parser, token):
    """The page's content, preceded by a notice where German or a machine had to stand in."""
    nodes = parser.parse(["end_with_language_notes"])
    parser.delete_first_token()
    return LanguageNotes(nodes)


class LanguageNotes(template.Node):
    def __init__(self, nodelist):
        self.nodelist = nodelist

    def render(self, context):
        notes = context["request"].language_notes
        notes.clear()  # the menu has its own marks; the notice speaks of the content
        content = self.nodelist.render(context)
        notice = context.template.engine.get_template("components/language_notes.html")
        with context.push(notes=notes, newer=self.newer_german(context)):
            return notice.render(context) + content

    def newer_german(self, context):
        """Of which day an outdated translation is, and where the German page is; on a content's own page only."""
        content, language = context.get("object"), get_language()
        if language == languages.SOURCE or not isinstance(content, Translated):
            return None
        day = Translation.outdated_since(content, language)
        return (
            {"day": day, "url": language_urls(context["request"], [languages.SOURCE])[languages.SOURCE]}
            if day
            else None
        )


@register.tag(name="kept")
def kept_block(parser, token):
    """`{% kept "foot" %}…{% end_kept %}`: what looks the same on every page of a language."""
    _tag, name = token.split_contents()
    nodes = parser.parse(["end_kept"])
    parser.delete_first_token()
    return Kept(name, nodes)


class Kept(template.Node):
    def __init__(self, name, nodelist):
        self.name, self.nodelist = name, nodelist

    def render(self, context):
        return kept(context["request"], (self.name, get_language()), lambda: self.nodelist.render(context))


@register.simple_tag(takes_context=True)
def menu_items(context):
    """The menu's entries, the one of this very page marked."""
    request, items = context["request"], context.template.engine.get_template("components/menu_items.html")
    html = kept(request, ("menu", get_language()), lambda: items.render(context))
    here = f'<a href="{request.path}"'
    return mark_safe(html.replace(here, f'{here} aria-current="page"'))


@register.simple_tag
def comma():
    return "،" if languages.direction(get_language()) == "rtl" else ","


# What points onwards points the other way in Arabic; phone, clock and house stay as they are.
TURNS_WITH_THE_TEXT = {"arrow-right", "book-open", "bus", "message-circle-question-mark", "plane-landing", "signpost"}


@register.simple_tag
@lru_cache
def icon(name, size=24):
    """A drawing beside words. How its lines look is said once, in the style sheet, and not forty times a page."""
    turns = " turns" if name in TURNS_WITH_THE_TEXT else ""
    shapes = re.sub(r"(?<=>) | (?=/>)", "", " ".join(icons.svg(name).split())).partition(">")[2]
    shapes = re.sub(r"\d*\.\d{2,}", lambda number: f"{float(number[0]):.1f}", shapes)  # finer than any screen
    return mark_safe(
        f'<svg class="icon{turns}" width="{size}" height="{size}" viewBox="0 0 24 24" aria-hidden="true">{shapes}'
    )


@register.simple_tag(takes_context=True)
def stylesheet(context):
    return f"{reverse('stylesheet')}?{style.version(context['site'].colour)}"


@register.simple_tag(takes_context=True)
def page_address(context):
    """The content's public address in full, in a preview too."""
    return context["request"].build_absolute_uri(context["object"].get_absolute_url())


@register.simple_tag
@lru_cache(maxsize=1000)
def qr_code(address):
    """The way from paper back to the page (ISO/IEC 18004), as a drawing in the page itself."""
    import segno

    try:
        code = segno.make(address, error="m", micro=False)
    except segno.DataOverflowError:
        return ""  # too long for a drawing
    drawing = code.svg_inline(border=2, omitsize=True, svgclass="qr-code", lineclass=None)
    return mark_safe(drawing.replace("<svg", '<svg aria-hidden="true"', 1))  # the address stands beside it in letters


def language_urls(request, shown):
    """This very page in each language; a preview in the admin brings addresses of its own."""
    if hasattr(request, "language_urls"):
        return request.language_urls
    rest = behind_the_language(request)
    return {code: f"/{code}/{rest}" for code in shown}


def behind_the_language(request):
    """The rest of this page's address."""
    first, _, rest = request.path.lstrip("/").partition("/")
    rest = rest if first in languages.BY_CODE else ""
    return f"{rest}?{request.GET.urlencode()}" if request.GET and request.resolver_match else rest


HERE = "\0"  # stands for it in what is kept for all pages; no address has one


@register.simple_tag(takes_context=True)
def language_switch(context):
    request, current = context["request"], get_language()
    switch = context.template.engine.get_template("components/language_switch.html")

    def drawn(urls):
        choices = [(languages.BY_CODE[code], url, code == current) for code, url in urls.items()]
        with context.push(choices=choices, current_name=languages.BY_CODE[current].name):
            return switch.render(context)

    if hasattr(request, "language_urls"):
        return drawn(request.language_urls)
    shown = context["site"].shown_languages
    html = kept(request, ("languages", current), lambda: drawn({code: f"/{code}/{HERE}" for code in shown()}))
    return mark_safe(html.replace(HERE, conditional_escape(behind_the_language(request))))


@register.inclusion_tag("components/official.html", takes_context=True)
def official(context):
    """Whose site this is. On German pages the way to Leichte Sprache is in sight, not only in the language list."""
    urls = language_urls(context["request"], context["site"].shown_languages())
    easy = urls.get("de-simple") if get_language() == languages.SOURCE else None
    return {"site": context["site"], "request": context["request"], "easy": easy}


@register.inclusion_tag("components/alternates.html", takes_context=True)
def alternates(context):
    """For search engines: the page's other languages; a page standing in German is not one of them."""
    request, content = context["request"], context.get("object")
    shown = context["site"].shown_languages()
    available = [code for code in content.languages_available() if code in shown] if content else shown
    rest = request.path.lstrip("/").partition("/")[2]
    if (page := context.get("page_obj")) and page.number > 1:
        rest += f"?page={page.number}"
    start, end = escape(request.build_absolute_uri("/")), escape(f"/{iri_to_uri(rest)}")
    links = (f'<link rel="alternate" hreflang="{code}" href="{start}{code}{end}">' for code in available)
    return {
        "links": mark_safe("".join(links)),
        "german": mark_safe(f"{start}{languages.SOURCE}{end}"),
        "own": mark_safe(f"{start}{get_language()}{end}"),
        "translated": get_language() in available,
    }
