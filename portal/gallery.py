"""A page for developers: every component with a living example. Only with DEBUG, in any language."""

from datetime import date

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from .forms import BarrierReportForm
from .media.models import Picture
from .models import HomeBlock, Notice, Page, SiteProfile, TopTask


@require_safe
def components(request):
    if not settings.DEBUG:
        raise Http404("Only for developers")
    office = SiteProfile(
        name_de="Landkreis Musterland",
        street="Kreisallee 1",
        postal_code="12345",
        city="Musterstadt",
        phone="030 23125-100",
        email="integration@example.org",
        opening_hours_de="Montag bis Freitag 8:30–12:00 Uhr",
    )
    parent = Page(slug="ankommen", title_de="Ankommen")
    page = Page(slug="erste-schritte", title_de="Erste Schritte", parent=parent, verified_on=date(2026, 10, 13))
    examples = {
        "office": office,
        "page": page,
        "parent": parent,
        "topics": [TopTask(title_de="Sprache"), TopTask(title_de="Gesundheit")],
        "task": TopTask(
            icon="stethoscope", title_de="Arzt und Gesundheit", text_de="Hier bekommen Sie Hilfe.", link="/"
        ),
        "part": HomeBlock(
            pk=0, title_de="Haben Sie Zeit?", text_de="Wir freuen uns.", link="/", link_text_de="Mitmachen"
        ),
        "notice_examples": [
            Notice(level=level, text_de=f"{level.label}: morgen geschlossen.", publish_from=timezone.now())
            for level in Notice.Level
        ],
        "example_picture": Picture.objects.published().first(),
        "page_obj": Paginator(range(30), 10).page(2),
        "form": BarrierReportForm({"email": "keine Adresse"}, request=request),
        "object": page,
    }
    return render(request, "portal/components.html", examples)
