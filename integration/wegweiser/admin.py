import re

from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from portal.admin import PUBLICATION, ContentAdmin, PortalAdmin
from portal.upkeep.contents import ToDoFilter
from portal.versions.staff import Versioned

from . import duplicates
from .checks import verification
from .checks.staff import Checking, ToCheck, mark_verified_by_phone, send_verification_request
from .duplicates import NamesSimilar
from .models import Contact, Location, Municipality, Organization, Service, ServiceAtLocation, Suggestion
from .staff_forms import (
    ContactInline,
    OpeningHoursInline,
    PlaceFormSet,
    ServiceAtLocationInline,
    ServiceContactInline,
    ServiceHoursInline,
    SpokenLanguageInline,
)
from .tables.exchange import Spreadsheets


class InTown(admin.SimpleListFilter):
    """Where it is: for whom it is there is said of few services only."""

    title = "Stadt oder Gemeinde"
    parameter_name = "gemeinde"
    template = "admin/wegweiser/service/_town_filter.html"  # closed: there may be many

    def lookups(self, request, model_admin):
        return list(Municipality.objects.values_list("slug", "name"))

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        there = ServiceAtLocation.objects.filter(location__municipality__slug=self.value()).values("service")
        for_them = Service.areas.through.objects.filter(municipality__slug=self.value()).values("service")
        return queryset.filter(Q(pk__in=there) | Q(pk__in=for_them))


@admin.register(Service)
class ServiceAdmin(Checking, NamesSimilar, Spreadsheets, ContentAdmin):
    handbook = "wegweiser-eintrag-anlegen"
    list_display = ("title", "organization", "town", "availability", "status", "translations", "checked", "due")
    list_filter = (ToCheck, ToDoFilter, "status", "availability", "organization__kind", InTown)
    upkeep = ("freigabe", "endet", "entwurf")  # checking has rules of its own
    list_select_related = ("organization",)
    search_fields = (
        "title_de",
        "alternate_name_de",
        "slug",
        "organization__title_de",
        "organization__alternate_name_de",
        "locations__city",
        "locations__postal_code",
        "contacts__email",
    )
    search_help_text = "Titel, Organisation, Ort, E-Mail oder Telefonnummer"
    autocomplete_fields = ("organization", "programme", "topics", "audiences", "areas")
    change_form_template = "admin/wegweiser/service_form.html"
    change_list_template = "admin/wegweiser/service/change_list.html"
    inlines = [ServiceAtLocationInline, ServiceHoursInline, ServiceContactInline, SpokenLanguageInline]
    actions = (*ContentAdmin.actions, mark_verified_by_phone, send_verification_request, "export_selected")
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
        (
            "Prüfung und Übersetzung",
            {
                "fields": [
                    ("verified_on", "verified_how", "verified_by"),
                    ("review_due", "responsible"),
                    "machine_translated",
                ]
            },
        ),
    ]
    # Somebody has to say so: by the actions, the button below the form, or the organization's answer.
    readonly_fields = ("verified_on", "verified_how", "verified_by")

    def set_verified(self, request, content):
        content.verify(Service.Verification.STAFF, by=request.user.email)

    def response_change(self, request, obj):
        if "_verified_by_phone" in request.POST:
            verification.verified_by_phone(obj, request.user)
            self.log_change(request, obj, "am Telefon geprüft")
        return super().response_change(request, obj)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("at_locations__location")

    def get_search_results(self, request, queryset, search_term):
        """Phone numbers are found however they are written, in the list and in the contact."""
        if re.fullmatch(r"[+(]?(\d[\s()/–-]*){6,}", search_term.strip()):
            wanted = duplicates.phone_key(search_term) if search_term.strip().lstrip("(")[0] in "+0" else search_term
            wanted = "".join(filter(str.isdigit, wanted))
            numbers = Contact.objects.values_list("pk", "phone", "mobile", "fax")
            found = [
                pk for pk, *own in numbers if any(wanted in duplicates.phone_key(number) for number in own if number)
            ]
            whose = Q(contacts__in=found) | Q(organization__contacts__in=found) | Q(locations__contacts__in=found)
            return queryset.filter(whose), True
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="Ort")
    def town(self, service):
        return service.city or None

    @admin.display(description="Geprüft", ordering="verified_on")
    def checked(self, service):
        if not service.verified_on:
            return None
        how = service.get_verified_how_display()
        return format_html('{}<br><span class="mini quiet">{}</span>', self.as_of(service), how)

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        for row in formset.forms if isinstance(formset, PlaceFormSet) else []:
            if row.found and row.instance.pk:
                self.message_user(
                    request,
                    f"Diese Adresse gibt es schon: Der Eintrag steht jetzt bei „{row.found}“. Ist es doch ein anderes "
                    "Haus, legen Sie es mit dem Plus neben „Ort“ an.",
                )
            if row.new and row.new.pk:
                self.log_addition(request, row.new, "Mit einem Eintrag angelegt.")


@admin.register(Organization)
class OrganizationAdmin(Checking, NamesSimilar, PortalAdmin):
    handbook = "wegweiser-eintrag-anlegen"
    list_display = ("title", "kind", "email", "website", "entries")
    list_filter = ("kind",)
    search_fields = ("title_de", "alternate_name_de", "email", "website")
    autocomplete_fields = ("parent",)
    actions = (mark_verified_by_phone, send_verification_request)
    inlines = [ContactInline]
    readonly_fields = ("offers",)
    fieldsets = [
        (None, {"fields": ["title", "alternate_name", "kind", "description", "parent", ("website", "email")]}),
        ("Prüfung", {"fields": ["verification_email", "asked_by_phone"]}),
        ("Angebote", {"fields": ["offers"]}),
        ("Verwaltung", {"classes": ["collapse"], "fields": ["slug", "import_key", "machine_translated"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(entries=Count("services"))

    @admin.display(description="Einträge", ordering="entries")
    def entries(self, organization):
        return organization.entries

    @admin.display(description="Einträge im Wegweiser")
    def offers(self, organization):
        """What it offers; new ones begin with its name filled in."""
        if not organization.pk:
            return "Nach dem Sichern."
        add = reverse("admin:wegweiser_service_add")
        return format_html(
            '<ul class="rows">{}</ul><a href="{}?organization={}">Eintrag anlegen</a>',
            format_html_join(
                "",
                '<li><a href="{}">{}</a> ({}, {})</li>',
                (
                    [
                        reverse("admin:wegweiser_service_change", args=[service.pk]),
                        service,
                        service.get_status_display(),
                        service.get_availability_display(),
                    ]
                    for service in organization.services.all()
                ),
            ),
            add,
            organization.pk,
        )


@admin.register(Location)
class LocationAdmin(NamesSimilar, PortalAdmin):
    handbook = "wegweiser-eintrag-anlegen"
    list_display = ("__str__", "municipality", "kind", "wheelchair", "entries")
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

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(entries=Count("at_services"))

    @admin.display(description="Einträge", ordering="entries")
    def entries(self, location):
        return location.entries


@admin.register(Municipality)
class MunicipalityAdmin(Versioned, admin.ModelAdmin):
    handbook = "portal-einrichten"
    list_display = ("name", "ags")
    search_fields = ("name", "slug", "ags")
    autocomplete_fields = ("neighbours",)
    fields = ("name", "slug", "ags", "neighbours")


class Handled(admin.SimpleListFilter):
    title = "Bearbeitung"
    parameter_name = "bearbeitung"

    def lookups(self, request, model_admin):
        return [("offen", "offen"), ("erledigt", "erledigt")]

    def queryset(self, request, queryset):
        return {"offen": queryset.filter(handled_on=None), "erledigt": queryset.exclude(handled_on=None)}.get(
            self.value(), queryset
        )


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):
    handbook = "wegweiser-pruefen"
    list_display = ("excerpt", "entry", "created", "handled_on")
    list_filter = (Handled,)
    list_select_related = ("service",)
    readonly_fields = ("entry", "message", "email", "language", "created", "delete_after")
    fields = ("entry", "message", "email", "language", "created", "handled_on", "delete_after")
    actions = ("mark_handled",)

    def has_add_permission(self, request):
        return False

    @admin.display(description="Meldung")
    def excerpt(self, suggestion):
        return Truncator(suggestion.message).chars(80)

    @admin.display(description="Eintrag", ordering="service__title_de")
    def entry(self, suggestion):
        url = reverse("admin:wegweiser_service_change", args=[suggestion.service_id])
        return format_html('<a href="{}">{}</a>', url, suggestion.service)

    @admin.action(description="Erledigt", permissions=["change"])
    def mark_handled(self, request, queryset):
        for suggestion in queryset.filter(handled_on=None):
            suggestion.handled_on = timezone.localdate()
            suggestion.save()
            self.log_change(request, suggestion, "Sammelaktion: erledigt")
        self.message_user(request, "Erledigt.")
