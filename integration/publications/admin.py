from django.contrib import admin, messages
from django.forms import BaseInlineFormSet
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join

from portal import pdfs
from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin, PortalAdmin
from portal.upkeep.contents import ToDoFilter

from .models import Publication, PublicationFile, Series


class OneFilePerLanguage(BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return "In jeder Sprache kann es nur eine Datei geben. Bitte eine der Sprachen ändern."


class PublicationFileInline(admin.StackedInline):
    model = PublicationFile
    formset = OneFilePerLanguage
    extra = 1
    fields = ("language", "file", "accessibility", "findings")
    readonly_fields = ("findings",)
    view_on_site = False  # the file opens by its name, of a draft too

    @admin.display(description="automatische Prüfung")
    def findings(self, file):
        if not file.checked_on or not file.pk:  # of a file that was not taken there is nothing to say
            return "Noch nicht geprüft."
        if file.type != "PDF":
            return "Ein Bild kann niemand vorlesen lassen. Bitte dasselbe auch als PDF oder Seite anbieten."
        lines = format_html_join(
            "",
            "<li class='{}'>{}{}</li>",
            (
                ("failed", check.failed, format_html("<br><small>{}</small>", check.advice))
                if check.name in file.failed_checks
                else ("passed", check.passed, "")
                for check in pdfs.CHECKS
            ),
        )
        return format_html(
            "<p>Am {}; Leserinnen und Leser sehen: „{}“.</p><ul class='findings'>{}</ul>",
            date_format(file.checked_on, "SHORT_DATE_FORMAT"),
            file.shown_accessibility.label,
            lines,
        )


@admin.register(Publication)
class PublicationAdmin(ContentAdmin):
    handbook = "veroeffentlichung-anlegen"
    list_display = ("title", "kind", "years", "status", "translations", "due")
    list_filter = (ToDoFilter, "status", "kind", "series")
    autocomplete_fields = ("series", "office", "topics")
    inlines = [PublicationFileInline]
    fieldsets = [
        (None, {"fields": ["kind", "title", "summary"]}),
        ("Einordnung", {"fields": [("year", "year_until"), "series", "office", "topics", "slug"]}),
        PUBLICATION,
        FRESHNESS,
    ]

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        for file in formset.new_objects + [row for row, changed in formset.changed_objects if "file" in changed]:
            if found := pdfs.barriers(file.failed_checks):
                text = (
                    f"{file}: {'; '.join(check.failed for check in found)}. Unten bei der Datei steht, was zu tun ist."
                )
                self.message_user(request, text, messages.WARNING)
            else:
                text = (
                    f"{file}: Die automatische Prüfung hat keinen Mangel gefunden. Ob Überschriften, Reihenfolge und "
                    "Bildbeschreibungen stimmen, sieht nur ein Mensch."
                )
                self.message_user(request, text)


@admin.register(Series)
class SeriesAdmin(PortalAdmin):
    handbook = "veroeffentlichung-anlegen"
    list_display = ("title", "order")
    search_fields = ("title_de",)
    fieldsets = [(None, {"fields": ["title", "text", "slug", "order", "machine_translated"]})]
