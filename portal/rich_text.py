"""Rules for the HTML that the editor writes, so that everybody can read it. It has been through the sanitiser."""

import re

from django.core.exceptions import ValidationError
from django.utils.html import strip_tags

from . import languages

HEADING = re.compile(r"<h([23])>(.*?)</h\1>", re.S)
LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.S)
# A link or heading around nothing: an assistive program would announce it and then fall silent.
NOTHING = r"(?:\s|&nbsp;|<br>|</?(?:strong|span)\b[^>]*>)*"
EMPTY_LINK = re.compile(rf"<a\b[^>]*>{NOTHING}</a>")
EMPTY_HEADING = re.compile(rf"<h([23])>{NOTHING}</h\1>")
SPAN = re.compile(r'<span(?: lang="(?P<code>[\w-]+)")?>|</span>')


def tidy(html: str) -> str:
    """Takes out what nobody means to write, and gives each part in another language its direction."""
    html = EMPTY_HEADING.sub("", EMPTY_LINK.sub("", html))
    opened: list[str | None] = []

    def span(tag: re.Match) -> str:
        if tag[0] == "</span>":
            return "</span>" if opened.pop() else ""
        opened.append(code := tag["code"])
        return f'<span lang="{code}" dir="{languages.direction(code)}">' if code else ""

    return SPAN.sub(span, html)


def validate_headings(html: str) -> None:
    """A small heading belongs under a large one; programs that read aloud jump from heading to heading."""
    first = HEADING.search(html or "")
    if first and first[1] == "3":
        raise ValidationError(
            f"Der Text beginnt mit der kleinen Überschrift „{plain(first[2])}“, über der keine große steht. Bitte diese "
            "zur großen Überschrift machen oder eine große davorsetzen."
        )


def shift_headings(html: str, level: int) -> str:
    """The headings as they must be under a heading of the page one above `level`; none is left out in between."""
    under_large = False

    def heading(found: re.Match) -> str:
        nonlocal under_large
        small = found[1] == "3" and under_large
        under_large = under_large or found[1] == "2"
        return f"<h{level + small}>{found[2]}</h{level + small}>"

    return HEADING.sub(heading, html)


def plain(html: str) -> str:
    return " ".join(strip_tags(html).replace("&nbsp;", " ").split())


def link_texts(html: str) -> list[str]:
    return [plain(found[1]) for found in LINK.finditer(html or "")]


# What says nothing when a link is read out alone, as in a list of a page's links.
EMPTY_WORDS = {
    "de": "hier|hier klicken|klicken sie hier|klick hier|mehr|mehr dazu|mehr erfahren|mehr lesen|mehr infos|mehr informationen"
    "|weiter|weiterlesen|weitere informationen|link|dieser link|diesem link|zum link|seite|website|webseite|download"
    "|herunterladen|pdf|details|siehe hier|infos|info",
    "en": "here|click here|click|more|read more|learn more|more information|more info|continue|link|this link|page"
    "|this page|website|download|details|info|see here",
    "uk": "тут|натисніть тут|клацніть тут|більше|докладніше|детальніше|далі|читати далі|посилання|це посилання|сайт|завантажити",
    "ru": "здесь|тут|нажмите здесь|кликните здесь|больше|подробнее|далее|дальше|читать далее|ссылка|эта ссылка|сайт|скачать",
    "ar": "هنا|انقر هنا|اضغط هنا|المزيد|اقرأ المزيد|المزيد من المعلومات|التالي|رابط|الرابط|هذا الرابط|الموقع|تحميل|تنزيل",
    "fa": "اینجا|اینجا کلیک کنید|کلیک کنید|بیشتر|بیشتر بخوانید|اطلاعات بیشتر|ادامه|ادامه مطلب|لینک|این لینک|پیوند|سایت|دانلود",
    "tr": "burada|buraya|buraya tıklayın|buraya tıkla|tıklayın|daha fazla|daha fazlası|daha fazla bilgi|devamı|devam"
    "|devamını oku|bağlantı|link|bu link|bu bağlantı|sayfa|indir",
    "kmr": "li vir|vir|li vir bitikînin|li vir bikirtînin|bitikîne|zêdetir|bêtir|bêtir bixwîne|berdewam|girêdan|ev girêdan"
    "|lînk|malper|daxistin",
    "ro": "aici|click aici|clic aici|apăsați aici|mai mult|mai multe|mai multe informații|citește mai mult|detalii|continuare"
    "|link|linkul|acest link|pagina|descarcă",
    "pl": "tutaj|tu|kliknij tutaj|kliknij tu|więcej|czytaj więcej|więcej informacji|dalej|link|ten link|strona|pobierz|szczegóły",
    "fr": "ici|cliquez ici|cliquer ici|plus|lire plus|en savoir plus|plus d’informations|plus d'informations|suite"
    "|lire la suite|lien|ce lien|page|site|télécharger|détails",
}  # fmt: skip
EMPTY_WORDS["de-simple"] = EMPTY_WORDS["de"]
SAYS_NOTHING = {code: frozenset(words.split("|")) for code, words in EMPTY_WORDS.items()}
ADDRESS = re.compile(r"(?:https?://|www\.)\S*|[\w.-]+\.(?:de|com|org|net|eu|info)(?:/\S*)?", re.I)


def says_nothing(text: str, language: str) -> bool:
    """Is this a link text that does not tell where the link leads? German and English ones slip into any language."""
    words = text.casefold().strip(" .…:;,!?»«›‹→>–-„“”\"'()[]\u200f\u200e،؛؟")
    known = SAYS_NOTHING[language] | SAYS_NOTHING["de"] | SAYS_NOTHING["en"]
    return bool(text) and (words in known or bool(ADDRESS.fullmatch(text.strip())))
