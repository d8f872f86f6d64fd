"""Privacy notices and consents. Their words follow from the settings; what a person was shown is kept for good.

Nobody has to number versions: a wording that has not been shown before becomes a new one by itself.
"""

from hashlib import sha256

from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils.translation import get_language

from portal.models import SiteProfile

from .models import LotsenSettings, NoticeText

Purpose = NoticeText.Purpose


def notice(purpose: str) -> str:
    """The notice of Art. 13 GDPR for a form, as HTML in the language of the page."""
    context = {"site": SiteProfile.current(), "rules": LotsenSettings.current(), "purpose": purpose}
    return render_to_string("lotsen/notice.html", context).strip()


def consents() -> dict[str, str]:
    """What the form asks consent to, if anything: purpose and words."""
    rules = LotsenSettings.current()
    words = {Purpose.NEWS: rules.consent_news, Purpose.SHARE: rules.consent_share}
    return {purpose: text for purpose, text in words.items() if text}


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
