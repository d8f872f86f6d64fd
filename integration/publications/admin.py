from django.contrib import admin
from django.forms import BaseInlineFormSet

from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin, PortalAdmin

from .models import Publication, PublicationFile, Series


class OneFilePerLanguage(BaseInlineFormSet):
    def get_unique_error_message(self, unique_check):
        return "In jeder Sprache kann es nur eine Datei geben. Bitte eine der Sprachen ändern."


class PublicationFileInline(admin.TabularInline):
    model = PublicationFile
    formset = OneFilePerLanguage
    extra = 1
    fields = ("language", "file", "accessibility")


@admin.register(Publication)
class PublicationAdmin(ContentAdmin):
    list_display = ("title", "kind", "years", "status", "translations", "due")
    list_filter = ("status", "kind", "series", "review_due")
    autocomplete_fields = ("series", "office", "topics")
    inlines = [PublicationFileInline]
    fieldsets = [
        (None, {"fields": ["kind", "title", "summary"]}),
        ("Einordnung", {"fields": [("year", "year_until"), "series", "office", "topics", "slug"]}),
        PUBLICATION,
        FRESHNESS,
    ]


@admin.register(Series)
class SeriesAdmin(PortalAdmin):
    list_display = ("title", "order")
    search_fields = ("title_de",)
    fieldsets = [(None, {"fields": ["title", "text", "slug", "order", "machine_translated"]})]
