"""The editors' handbook inside the admin: docs/handbuch/, one page a task, written in Markdown.

A ModelAdmin with `handbook = "stelle-anlegen"` has that page behind the link "Handbuch" at the top.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

FOLDER = Path(settings.BASE_DIR) / "docs" / "handbuch"
CONTENTS = "README"  # lists the others, in their order; what is not in it cannot be found


@dataclass(frozen=True)
class Page:
    title: str
    html: SafeString


@cache
def page(slug: str) -> Page:
    """FileNotFoundError if there is none of that name."""
    tokens = markdown().parse((FOLDER / f"{slug}.md").read_text(encoding="utf-8"))
    if [token.type for token in tokens[:3]] != ["heading_open", "inline", "heading_close"] or tokens[0].tag != "h1":
        raise ValueError(f"{slug}.md has to begin with its title.")
    title, text = tokens[1].content, tokens[3:]
    for token in text:
        for inner in token.children or ():
            lead_on(inner)
    # Written by us, and the parser lets no HTML through.
    return Page(title, mark_safe(markdown().renderer.render(text, markdown().options, {})))  # noqa: S308


@cache
def markdown():
    from markdown_it import MarkdownIt  # only staff read the handbook

    return MarkdownIt("commonmark", {"html": False, "xhtmlOut": False}).enable("table")


def lead_on(token) -> None:
    """Links between the pages and to their pictures are right in the folder, and here."""
    if token.type == "link_open":
        target, _hash, place = str(token.attrs["href"]).partition("#")
        if target.endswith(".md"):
            address = reverse("handbook:page", args=[target.removesuffix(".md")])
            token.attrs["href"] = f"{address}#{place}" if place else address
    elif token.type == "image":
        picture = str(token.attrs["src"]).removeprefix("bilder/")
        token.attrs |= {"src": reverse("handbook:picture", args=[picture]), "loading": "lazy"}


def slugs() -> set[str]:
    return {found.stem for found in FOLDER.glob("*.md")}


@require_safe
def show(request: HttpRequest, slug: str = CONTENTS) -> HttpResponse:
    if slug not in slugs():
        raise Http404("No such page of the handbook")
    shown = page(slug)
    context = {
        **admin.site.each_context(request),
        "title": shown.title,
        "html": shown.html,
        "contents": None if slug == CONTENTS else page(CONTENTS),
    }
    return TemplateResponse(request, "admin/handbook.html", context)


@require_safe
def picture(request: HttpRequest, name: str) -> FileResponse:
    if name not in {found.name for found in (FOLDER / "bilder").glob("*.webp")}:
        raise Http404("No such picture")
    return FileResponse((FOLDER / "bilder" / name).open("rb"), content_type="image/webp")


app_name = "handbook"
urlpatterns = [
    path("", admin.site.admin_view(show), name="contents"),
    path("bilder/<str:name>", admin.site.admin_view(picture), name="picture"),
    path("<slug:slug>/", admin.site.admin_view(show), name="page"),
]
