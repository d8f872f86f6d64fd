"""Privacy notices and consents. Their words follow from the settings; what a person was shown is kept for good.

Nobody has to number versions: a wording that has not been shown before becomes a new one by itself.
"""

from hashlib import sha256

from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.models import SiteProfile

from .models import LotsenSettings, NoticeText

Purpose = NoticeText.Purpose
CONSENTS = {Purpose.NEWS: "consent_news", Purpose.SHARE: "consent_share"}  # and what the settings call them


def notice(purpose: str, site: SiteProfile | None = None, rules: LotsenSettings | None = None) -> str:
    """The notice of Art. 13 GDPR for a form, as HTML in the language of the page."""
    context = {
        "site": site or SiteProfile.current(),
        "rules": rules or LotsenSettings.current(),
        "purpose": purpose,
    }
    return render_to_string("lotsen/notice.html", context).strip()


def consents(rules: LotsenSettings) -> dict[str, str]:
    """What the form asks consent to, if anything: purpose and words."""
    return {purpose: text for purpose, name in CONSENTS.items() if (text := getattr(rules, name))}


def wordings() -> list[NoticeText]:
    """All words that somebody may have consented to on paper: those shown so far, and those of today's settings, which
    need not have been shown by the form yet and are then not saved."""
    rules = LotsenSettings.current()
    found = {(row.purpose, row.language, row.digest): row for row in NoticeText.objects.filter(purpose__in=CONSENTS)}
    for purpose, name in CONSENTS.items():
        for code in languages.BY_CODE:
            if body := getattr(rules, build_localized_fieldname(name, code)):
                today = NoticeText(purpose=purpose, language=code, body=body, digest=digest(body), version=0)
                found.setdefault((purpose, code, today.digest), today)
    return list(found.values())


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def keep(purpose: str, text: str, language: str = "") -> NoticeText:
    """The record of these words; made when they are new."""
    said = {"purpose": purpose, "language": language or get_language(), "digest": digest(text)}
    while True:
        if found := NoticeText.objects.filter(**said).first():
            return found
        others = NoticeText.objects.filter(purpose=purpose, language=said["language"])
        version = others.order_by("-version").values_list("version", flat=True).first() or 0
        try:
            with transaction.atomic():
                return NoticeText.objects.create(**said, body=text, version=version + 1)
        except IntegrityError:
            continue  # somebody else was shown it at the same moment
