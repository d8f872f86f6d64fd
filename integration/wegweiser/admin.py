from django.contrib import admin

from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin, PartInline, PortalAdmin, Singleton

from .exchange import Spreadsheets
from .forms import OpeningHoursForm
from .models import (
    Contact,
    DirectorySettings,
    Location,
    Municipality,
    OpeningHours,
    Organization,
    Service,
    ServiceAtLocation,
    SpokenLanguage,
    Suggestion,
)


class ContactInline(PartInline):
    model = Contact
    fields = ("label", ("phone", "mobile", "email"), ("person", "department", "fax"), "note", "order")


class OpeningHoursInline(PartInline):
    model = OpeningHours
    form = OpeningHoursForm
    fields = (
        "days",
        ("opens_at", "closes_at", "nth"),
        ("by_appointment", "on_holidays"),
        ("exception", "valid_from", "valid_to"),
        "note",
    )


class SpokenLanguageInline(PartInline):
    model = SpokenLanguage
    fields = (("code", "note"),)


class ServiceAtLocationInline(PartInline):
    model = ServiceAtLocation
    autocomplete_fields = ("location",)
    fields = ("location", "description", "order")


@admin.register(Service)
class ServiceAdmin(Spreadsheets, ContentAdmin):
    list_display = ("title", "organization", "availability", "status", "translations", "as_of", "due")
    list_filter = ("status", "availability", "organization__kind", "review_due")
    list_select_related = ("organization",)
    search_fields = ("title_de", "slug", "organization__title_de")
    autocomplete_fields = ("organization", "programme", "topics", "audiences", "areas")
    inlines = [ServiceAtLocationInline, OpeningHoursInline, ContactInline, SpokenLanguageInline]
    actions = (*ContentAdmin.actions, "export_selected")
    fieldsets = [
        (None, {"fields": ["organization", "title", "alternate_name", "lead", "description"]}),
        ("Wer findet es wie?", {"fields": ["topics", "audiences", "areas", "programme"]}),
        (
            "Gut zu wissen",
            {
                "fields": [
                    "how_to_apply",
                    "eligibility",
                    ("minimum_age", "maximum_age"),
                    "fees",
                    "documents",
                    "interpretation",
                    ("url", "booking_url"),
                ]
            },
        ),
        ("Betrieb", {"fields": ["availability", "alert", "alert_until"]}),
        ("Ort im Portal", {"classes": ["collapse"], "fields": ["slug", "import_key"]}),
        PUBLICATION,
        FRESHNESS,
    ]


@admin.register(Organization)
class OrganizationAdmin(PortalAdmin):
    list_display = ("title", "kind", "email", "website")
    list_filter = ("kind",)
    search_fields = ("title_de", "alternate_name_de", "email", "website")
    autocomplete_fields = ("parent",)
    inlines = [ContactInline]
    fieldsets = [
        (None, {"fields": ["title", "alternate_name", "kind", "description", "parent", ("website", "email")]}),
        ("Prüfung", {"fields": ["verification_email", "asked_by_phone"]}),
        ("Verwaltung", {"classes": ["collapse"], "fields": ["slug", "import_key", "machine_translated"]}),
    ]


@admin.register(Location)
class LocationAdmin(PortalAdmin):
    list_display = ("__str__", "municipality", "kind", "wheelchair")
    list_filter = ("municipality", "kind", "wheelchair")
    list_select_related = ("municipality",)
    search_fields = ("title_de", "street", "city", "postal_code")
    autocomplete_fields = ("organization", "municipality", "accessibility")
    inlines = [OpeningHoursInline, ContactInline, SpokenLanguageInline]
    fieldsets = [
        (None, {"fields": ["kind", "title", "organization"]}),
        (
            "Adresse",
            {
                "fields": [
                    "street",
                    "addition",
                    ("postal_code", "city", "municipality"),
                    ("latitude", "longitude"),
                    "url",
                ]
            },
        ),
        ("Hinkommen", {"fields": ["directions", "wheelchair", "accessibility", "accessibility_note"]}),
        ("Verwaltung", {"classes": ["collapse"], "fields": ["slug", "import_key", "machine_translated"]}),
    ]


@admin.register(Municipality)
class MunicipalityAdmin(admin.ModelAdmin):
    list_display = ("name", "ags")
    search_fields = ("name", "slug", "ags")
    autocomplete_fields = ("neighbours",)
    fields = ("name", "slug", "ags", "neighbours")


@admin.register(DirectorySettings)
class DirectorySettingsAdmin(Singleton, admin.ModelAdmin):
    fieldsets = [
        ("Wie oft prüfen?", {"fields": ["authority_months", "provider_months", "course_months", "grace_days"]}),
        (
            "Prüf-Anfragen",
            {
                "fields": [
                    "send_requests",
                    ("days_before", "link_days"),
                    ("reminder_days", "reminders"),
                    "escalation_email",
                ]
            },
        ),
    ]


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):
    list_display = ("service", "created", "handled_on")
    list_filter = (("handled_on", admin.EmptyFieldListFilter),)
    readonly_fields = ("service", "message", "email", "language", "created", "delete_after")
    fields = ("service", "message", "email", "language", "created", "handled_on", "delete_after")

    def has_add_permission(self, request):
        return False
