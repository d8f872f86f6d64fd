"""The staff's pages for the directory from and to spreadsheets. They work without JavaScript.

What takes long tells while it works how far it is: the answer is a stream, so no server and no browser gives up.
"""

import logging
from collections.abc import Iterator
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.html import format_html

from portal import languages, spreadsheets
from portal.files import download, refuse_too_large
from portal.kept_files import KeptFiles, stored_in
from portal.models import SiteProfile
from portal.versions import audit

from ..models import Municipality
from .importer import Check
from .rows import Sheet, gathered, in_words
from .writer import Outdated, find_again, write

logger = logging.getLogger("portal")

FILES = KeptFiles("import", "wegweiser-import")
WAITING = "import/search"
SHOWN = 1000  # rows of a result on the page; the counts tell of all
TOWNS = 100  # offered at once; a form may not have many fields
ATTEMPTS = 3
ADD_TOWN = "wegweiser.add_municipality"
BROKEN = "Beim Lesen der Tabelle ist etwas schiefgegangen. Es wurde nichts geschrieben. Bitte sagen Sie der Technik Bescheid."


class UploadForm(forms.Form):
    file = forms.FileField(label="Tabelle", help_text="Excel-Arbeitsmappe (.xlsx) oder CSV.")

    def clean_file(self):
        file = self.cleaned_data["file"]
        refuse_too_large(file)
        spreadsheets.look(file)
        return file


class TownForm(forms.ModelForm):
    class Meta:
        model = Municipality
        fields = ("name",)


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label="Format",
        choices=[("xlsx", "Excel-Arbeitsmappe (.xlsx)"), ("csv", "CSV (mit Semikolon, UTF-8)")],
        widget=forms.RadioSelect,
        initial="xlsx",
    )
    languages = forms.MultipleChoiceField(
        label="Übersetzungen",
        help_text="Je Sprache und Text eine Spalte mehr. Deutsch ist immer dabei.",
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    ids = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        shown = [code for code in SiteProfile.current().shown_languages() if code != languages.SOURCE]
        self.fields["languages"].choices = [(code, languages.BY_CODE[code].german_name) for code in shown]
        self.fields["languages"].initial = shown

    def clean_ids(self):
        ids = self.cleaned_data["ids"].split(",") if self.cleaned_data["ids"] else []
        if not all(pk.isascii() and pk.isdigit() and len(pk) < 19 for pk in ids):
            raise ValidationError("Diese Auswahl gibt es nicht.")
        return [int(pk) for pk in ids]


# What the search could not be taught at once ---------------------------------------------------------


def find_later(services: set[int]) -> None:
    default_storage.save(f"{WAITING}/{uuid4().hex}", ContentFile(" ".join(map(str, services)).encode()))


def catch_up() -> None:
    for stored in stored_in(WAITING):
        with default_storage.open(stored) as file:
            for _number in find_again({int(pk) for pk in file.read().split()}):
                pass
        default_storage.delete(stored)


# Pages ----------------------------------------------------------------------------------------------


class Spreadsheets:
    """Import and export for the list of services."""

    def get_urls(self):
        pages = (
            ("import/", self.import_view, "import"),
            ("import/vorlage/", self.template_view, "template"),
            ("import/<str:token>/", self.check_view, "check"),
            ("export/", self.export_view, "export"),
        )
        return [
            path(address, self.admin_site.admin_view(self.for_editors(view)), name=f"wegweiser_service_{name}")
            for address, view, name in pages
        ] + super().get_urls()

    def for_editors(self, view):
        def checked(request, *args, **kwargs):
            if not self.has_change_permission(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {**(extra_context or {}), "may_exchange": self.has_change_permission(request)}
        )

    def page(self, request: HttpRequest, title: str, **context) -> dict:
        site = self.admin_site.each_context(request)
        return {**site, "opts": self.opts, "title": title, "handbook": "wegweiser-liste-einlesen", **context}

    def import_view(self, request):
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            token = FILES.keep(form.cleaned_data["file"], request.user)
            return HttpResponseRedirect(reverse("admin:wegweiser_service_check", args=[token]))
        context = self.page(
            request, "Angebote importieren", form=form, max_mb=settings.MAX_UPLOAD_MB, max_rows=spreadsheets.MAX_ROWS
        )
        return render(request, "admin/wegweiser/service/import.html", context)

    def check_view(self, request, token):
        found = FILES.kept(token, request.user)
        if found is None:
            self.message_user(
                request,
                "Die Tabelle ist nicht mehr da: Sie bleibt eine Stunde. Bitte noch einmal auswählen.",
                "WARNING",
            )
            return HttpResponseRedirect(reverse("admin:wegweiser_service_import"))
        if "town" in request.POST:
            self.add_towns(request, request.POST.getlist("town"))
            return HttpResponseRedirect(request.path)
        stored, name = found
        confirmed = request.POST.get("digest", "") if request.method == "POST" else None
        context = self.page(request, "Angebote importieren", name=name, confirmed=confirmed is not None)
        start, end = render_to_string("admin/wegweiser/service/import_check.html", context, request).split(
            "<!--progress-->"
        )
        response = StreamingHttpResponse(self.stream(request, start, end, stored, confirmed))
        response["X-Accel-Buffering"] = "no"  # a proxy would keep the progress to itself
        return response

    def add_towns(self, request, names: list[str]) -> None:
        """What the sheet calls by names the portal does not know yet. The rest of a municipality is filled in later."""
        if not request.user.has_perm(ADD_TOWN):
            raise PermissionDenied
        for name in filter(None, map(str.strip, names)):
            form = TownForm({"name": name})
            if form.is_valid():
                LogEntry.objects.log_actions(request.user.pk, [form.save()], ADDITION, "Beim Importieren angelegt.")
                self.message_user(request, f"Die Gemeinde „{name}“ ist angelegt.", "SUCCESS")
            else:
                self.message_user(request, f"„{name}“: {' '.join(form.errors['name'])}", "ERROR")

    def stream(self, request, start: str, end: str, stored: str, confirmed: str | None) -> Iterator[str]:
        with translation.override(languages.SOURCE):  # the middleware's has ended by now
            yield start
            result: dict = {}
            try:
                for step in self.work(request, stored, confirmed, result):
                    yield format_html("<li>{}</li>\n", step)
            except ValidationError as error:
                result = {"refused": error.messages}
            except DatabaseError:
                logger.exception("import failed")
                result = {
                    "refused": [
                        "Die Datenbank hat den Import abgelehnt, vielleicht weil gerade jemand anderes schreibt. "
                        "Es wurde nichts geschrieben. Bitte versuchen Sie es noch einmal."
                    ]
                }
            except Exception:
                logger.exception("import failed")
                result = result if result.get("done") else {"refused": [BROKEN]}
            yield "</ol></div>"
            context = {**result, "opts": self.opts, "may_add_towns": request.user.has_perm(ADD_TOWN)}
            yield render_to_string("admin/wegweiser/service/import_result.html", context, request)
            yield end

    def work(self, request, stored: str, confirmed: str | None, result: dict) -> Iterator[str]:
        """Looks, and writes what has been confirmed, if it is still the same. Says how far it is; fills the result."""
        for _attempt in range(ATTEMPTS):
            check = Check()
            with default_storage.open(stored) as file:
                yield from check.run(file)
            if confirmed is None or check.problems or confirmed != check.digest():
                result.update(result_of(check), moved_on=confirmed is not None and not check.problems)
                return
            yield "Wird geschrieben"
            found = result_of(check)
            try:
                services = write(check, request.user)
            except Outdated:
                yield "Gerade hat jemand etwas geändert; es wird noch einmal geprüft"
                continue
            result.update(found, done=True)
            try:
                default_storage.delete(stored)
                for number in find_again(services):
                    if number % 200 == 0:
                        yield f"{spreadsheets.dotted(number)} von {spreadsheets.dotted(len(services))} sind in der Suche"
            except Exception:
                logger.exception("imported, but not in the search")
                result["search_follows"] = True
                find_later(services)
            return
        raise ValidationError(
            "Gerade wird viel am Wegweiser geändert. Es wurde nichts geschrieben; bitte später noch einmal."
        )

    # Out --------------------------------------------------------------------------------------------

    @admin.action(description="Exportieren (Excel oder CSV)", permissions=["change"])
    def export_selected(self, request, queryset):
        ids = list(queryset.values_list("pk", flat=True))
        form = ExportForm(initial={"ids": ",".join(map(str, ids))})
        return self.export_page(request, form, len(ids), reverse("admin:wegweiser_service_export"))

    def export_view(self, request):
        form = ExportForm(request.POST or None)
        if form.is_bound and form.is_valid():
            ids = form.cleaned_data["ids"]
            rows = self.get_queryset(request).filter(pk__in=ids) if ids else self.filtered(request)
            audit.note(audit.Action.EXPORT, request.user, kind="Wegweiser", Einträge=rows.count())
            return self.file(form.cleaned_data["format"], rows, form.cleaned_data["languages"])
        return self.export_page(request, form, self.filtered(request).count(), request.get_full_path())

    def export_page(self, request, form: ExportForm, count: int, address: str) -> HttpResponse:
        context = self.page(request, "Angebote exportieren", form=form, count=count, address=address)
        return render(request, "admin/wegweiser/service/export.html", context)

    def filtered(self, request):
        """What the list shows with the filters in the address."""
        try:
            return self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return self.get_queryset(request)

    def file(self, kind: str, services, chosen: list[str]) -> HttpResponse:
        sheet = Sheet([languages.SOURCE, *chosen])
        headers, rows = sheet.get_export_headers(), sheet.texts(services)
        name = f"wegweiser-{timezone.localdate():%Y-%m-%d}.{kind}"
        if kind == "csv":
            return download(spreadsheets.write_csv(headers, rows), "text/csv; charset=utf-8", name)
        return download(spreadsheets.write_xlsx("Angebote", headers, rows), spreadsheets.XLSX, name)

    def template_view(self, request):
        """An empty sheet that explains itself."""
        sheet = Sheet([languages.SOURCE])
        own = [column for column in sheet.fields.values() if not column.readonly]
        explanations = [["Spalte", "Muss", "Was hineingehört", "Auch erkannt"]]
        explanations += [
            [
                column.column_name,
                "" if column.widget.can_be_empty or column.name in {"kind", "status", "availability"} else "ja",
                " ".join(filter(None, (column.help, column.widget.explanation))),
                ", ".join(column.synonyms),
            ]
            for column in own
        ]
        explanations.append(["Angebot (en) …", "", translations_explained(), ""])
        content = spreadsheets.write_xlsx(
            "Angebote", [column.column_name for column in own], [[column.example for column in own]], explanations
        )
        return download(content, spreadsheets.XLSX, "wegweiser-vorlage.xlsx")


def translations_explained() -> str:
    shown = [code for code in SiteProfile.current().shown_languages() if code != languages.SOURCE]
    codes = ", ".join(f"{code} = {languages.BY_CODE[code].german_name}" for code in shown)
    return f"Jeder Text auch in den Sprachen des Portals, mit dem Kürzel in Klammern: {codes}."


def result_of(check: Check) -> dict:
    changed = [entry for entry in check.changed if entry.kind == "changed"]
    new = [entry for entry in check.changed if entry.kind == "new"]
    problems, hints = (gathered(check.rows, kind) for kind in ("problems", "hints"))
    return {
        "check": check,
        "digest": check.digest(),
        "counts": {kind: check.services(kind) for kind in ("new", "changed", "same")},
        "problems": problems[: 2 * SHOWN],
        "more_problems": max(len(problems) - 2 * SHOWN, 0),
        "hints": hints[:SHOWN],
        "more_hints": max(len(hints) - SHOWN, 0),
        "unknown_towns": [
            (name, in_words(rows), check.towns.suggested(name)) for name, rows in check.unknown_towns().items()
        ][:TOWNS],
        "changed": changed[:SHOWN],
        "more_changed": max(len(changed) - SHOWN, 0),
        "new": new[:SHOWN],
        "more_new": max(len(new) - SHOWN, 0),
        "new_organizations": [(row, in_words(rows)) for row, rows in check.new("organization")],
        "new_locations": [(row, in_words(rows)) for row, rows in check.new("location")],
    }
