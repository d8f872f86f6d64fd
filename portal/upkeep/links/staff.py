"""The page on which staff see the links that lead to nothing, and mend them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal import languages

from ..models import LinkUse, OutsideLink
from ..owners import owners, whole
from ..to_do import ToDo, When
from . import checking
from .dead import dead
from .uses import models_with_links

A_PAGE = 50


def mine(user: User) -> models.QuerySet[LinkUse]:
    """The links in what this user may change."""
    changeable = [
        model
        for model in models_with_links()
        if user.has_perm(f"{whole(model)._meta.app_label}.change_{whole(model)._meta.model_name}")
    ]
    return LinkUse.objects.filter(content_type__in=ContentType.objects.get_for_models(*changeable).values())


def of(user: User) -> models.QuerySet[LinkUse]:
    """The dead links that this user may mend."""
    return dead() & mine(user)


def lines(user: User) -> Iterator[ToDo]:
    if user.is_staff:
        number = of(user).count()
        words = "Link führt ins Leere" if number == 1 else "Links führen ins Leere"
        yield ToDo(When.SOON, "Links", number, words, reverse("upkeep_staff:links"))


@dataclass
class Row:
    content: models.Model
    url: str  # of the form
    field: str
    address: str
    reason: str
    since: date | None
    outside: OutsideLink | None


@require_safe
def links(request: HttpRequest) -> HttpResponse:
    found = of(request.user).select_related("outside", "content_type").order_by("content_type", "object_id", "pk")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("p"))
    context = {
        **admin.site.each_context(request),
        "title": "Links, die ins Leere führen",
        "handbook": "links-pruefen",
        "page": page,
        "rows": rows(page.object_list),
        "unknown": OutsideLink.objects.filter(state=OutsideLink.State.UNKNOWN).count(),
        "silenced": OutsideLink.objects.filter(silenced=True, uses__in=mine(request.user)).distinct(),
    }
    return TemplateResponse(request, "admin/upkeep/links.html", context)


def rows(found: list[LinkUse]) -> list[Row]:
    by_type = defaultdict(list)
    for use in found:
        by_type[use.content_type].append(use.object_id)
    contents = {kind: owners(kind.model_class(), numbers) for kind, numbers in by_type.items()}
    return [row(use, contents[use.content_type][use.object_id]) for use in found]


def row(use: LinkUse, content: models.Model) -> Row:
    options = content._meta
    field = use.content_type.model_class()._meta.get_field(use.field)
    language = languages.BY_CODE.get(getattr(field, "language", ""))
    name = getattr(field, "translated_field", field).verbose_name
    return Row(
        content,
        reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[content.pk]),
        f"{name} ({language.german_name})" if language else str(name),
        use.outside.url if use.outside else use.path,
        use.outside.reason if use.outside else reason_within(use),
        use.outside.failing_since if use.outside else None,
        use.outside,
    )


def reason_within(use: LinkUse) -> str:
    if use.nowhere:
        return "Diese Adresse gibt es im Portal nicht."
    return "Was dort stand, ist nicht (mehr) öffentlich."


@require_POST
def check_again(request: HttpRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(OutsideLink.objects.distinct(), pk=pk, uses__in=of(request.user))
    answer = checking.check(link.url)
    checking.write(link, answer)
    if answer.state == OutsideLink.State.FAILING:
        messages.warning(request, f"{link.url}: {answer.reason}")
    else:
        messages.success(request, f"{link.url} antwortet wieder.")
    return redirect("upkeep_staff:links")


@require_POST
def silence(request: HttpRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(OutsideLink.objects.distinct(), pk=pk, uses__in=of(request.user))
    OutsideLink.objects.filter(pk=link.pk).update(silenced=True)
    messages.success(request, f"{link.url} wird nicht mehr gemeldet.")
    return redirect("upkeep_staff:links")


@require_POST
def report_again(request: HttpRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(OutsideLink.objects.distinct(), pk=pk, uses__in=mine(request.user))
    OutsideLink.objects.filter(pk=link.pk).update(silenced=False)
    return redirect("upkeep_staff:links")
