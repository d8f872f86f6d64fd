"""The coordination writes to volunteers: who gets it, in which language, and that nobody gets it twice."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import translation

from portal import languages
from portal.models import SiteProfile

from .. import mails
from ..models import NoticeText, Volunteer
from .staff_forms import LetterForm


@dataclass
class Recipients:
    get_it: list[Volunteer] = field(default_factory=list)
    left_out: list[tuple[Volunteer, str]] = field(default_factory=list)

    @property
    def languages(self) -> list[str]:
        return sorted({volunteer.language for volunteer in self.get_it}, key=list(languages.BY_CODE).index)


def recipients(queryset, only_news: bool = False) -> Recipients:
    found = Recipients()
    agreed = set(
        Volunteer.objects.filter(
            consents__text__purpose=NoticeText.Purpose.NEWS, consents__withdrawn_at=None
        ).values_list("pk", flat=True)
        if only_news
        else ()
    )
    for volunteer in queryset.order_by("name"):
        if volunteer.restricted:
            found.left_out.append((volunteer, "Verarbeitung eingeschränkt"))
        elif not volunteer.email:
            found.left_out.append((volunteer, "keine E-Mail-Adresse"))
        elif only_news and volunteer.pk not in agreed:
            found.left_out.append((volunteer, "keine Einwilligung"))
        else:
            found.get_it.append(volunteer)
    return found


def preview(form: LetterForm, to: Recipients) -> list[dict]:
    """For each language: as the first who reads it will get it."""
    readers = defaultdict(list)
    for volunteer in to.get_it:
        readers[volunteer.language].append(volunteer)
    shown = []
    for code in to.languages:
        subject, body, language = form.words(code)
        first = readers[code][0]
        with translation.override(code):
            known = {"portal": SiteProfile.current().title, "name": first.name, "number": first.reference}
        shown.append(
            {
                "for": languages.BY_CODE[code].german_name,
                "count": len(readers[code]),
                "subject": mails.fill(subject, known),
                "body": mails.fill(body, known),
                "language": language,
                "direction": languages.direction(language),
                "stands_in": language != code,
            }
        )
    return shown


def send(form: LetterForm, to: Recipients, letter: uuid.UUID, user: User) -> int:
    """All or none; a second click on the same button finds that the letter has been sent."""
    sign = f"E-Mail geschickt (Nr. {str(letter)[:8]})"
    pks = [volunteer.pk for volunteer in to.get_it]
    with transaction.atomic():
        locked = {row.pk: row for row in Volunteer.objects.filter(pk__in=pks).locked()}
        kind = ContentType.objects.get_for_model(Volunteer)
        sent = set(LogEntry.objects.filter(content_type=kind, change_message=sign).values_list("object_id", flat=True))
        now = [locked[pk] for pk in pks if pk in locked and str(pk) not in sent and not locked[pk].restricted]
        by = mails.office()
        for volunteer in now:
            subject, body, _language = form.words(volunteer.language)
            mails.queue(volunteer, subject, body, by)
        if now:
            LogEntry.objects.log_actions(user.pk, now, CHANGE, sign)
    return len(now)
