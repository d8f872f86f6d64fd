import re
from datetime import timedelta

from django.contrib import admin
from django.contrib.admin.widgets import AdminTimeWidget
from django.db.models import Count, Q, TimeField
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator

from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin, PartInline, PortalAdmin, Singleton

from . import duplicates
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
from .staff_forms import DetailFormSet, OpeningHoursForm, PlaceForm, PlaceFormSet, SpokenFormSet

NOT_IN_USE = Q(status=Service.Status.ARCHIVED) | Q(availability=Service.Availability.DEFUNCT)


def to_check() -> dict[str, tuple[str, Q]]:
    """What somebody has to look at; nobody checks any more what is not offered any more."""
    today = timezone.localdate()
    return {
        "ueberfaellig": ("überfällig", Q(review_due__lt=today) & ~NOT_IN_USE),
        "bald": (
            "in den nächsten 30 Tagen fällig",
            Q(review_due__gte=today, review_due__lte=today + timedelta(days=30)) & ~NOT_IN_USE,
        ),
        "nie": ("nie geprüft", Q(verified_on=None) & ~NOT_IN_USE),
    }


class ToCheck(admin.SimpleListFilter):
    title = "Prüfung"
    parameter_name = "pruefung"

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, condition) in to_check().items()]

    def queryset(self, request, queryset):
        return queryset.filter(to_check()[self.value()][1]) if self.value() in to_check() else queryset


class RowInline(PartInline):
    """Short rows. A new entry begins with empty ones, so that nobody has to look for how to add them."""

    classes = ("compact",)
    rows = 1

    def get_extra(self, request, obj=None, **kwargs):
        return 0 if obj else self.rows


class ContactInline(RowInline):
    model = Contact
    formset = DetailFormSet
    fieldsets = [
        (None, {"fields": ["label", ("phone", "email")]}),
        (
            "Mobil, Fax, Name, Hinweis",
            {"classes": ["collapse"], "fields": [("mobile", "fax", "person"), "department", "note", "order"]},
        ),
    ]


class OpeningHoursInline(RowInline):
    model = OpeningHours
    form = OpeningHoursForm
    formset = DetailFormSet
    formfield_overrides = {TimeField: {"widget": AdminTimeWidget(format="%H:%M")}}
    fieldsets = [
        (None, {"fields": [("days", "opens_at", "closes_at", "by_appointment")]}),
        (
            "Nur manchmal, Ausnahme, Hinweis",
            {
                "classes": ["collapse"],
                "fields": [("nth", "on_holidays"), ("exception", "valid_from", "valid_to"), "note"],
            },
        ),
    ]


class SpokenLanguageInline(RowInline):
    model = SpokenLanguage
    formset = SpokenFormSet
    fields = ("code", "note")
    rows = 2


class AtPlaces:
    """Hours and contacts of a service, which may hold at one of its places only."""

    def get_fieldsets(self, request, obj=None):
        first, *others = super().get_fieldsets(request, obj)
        if len(self.choices(obj)) > 1:
            first = (first[0], {**first[1], "fields": [*first[1]["fields"], "service_at_location"]})
        return [first, *others]

    def choices(self, service):
        """All places of the service, if it has several or something holds at one of them only."""
        if service is None:
            return []
        places = list(service.at_locations.select_related("location"))
        if len(places) > 1 or self.model.objects.filter(service_at_location__in=places).exists():
            return [("", "an allen Orten"), *((place.pk, str(place)) for place in places)]
        return []

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        if at := formset.form.base_fields.get("service_at_location"):
            at.queryset = ServiceAtLocation.objects.filter(service=obj)
            at.choices = self.choices(obj)  # asked once, however many rows there are
        return formset


class ServiceContactInline(AtPlaces, ContactInline):
    pass


class ServiceHoursInline(AtPlaces, OpeningHoursInline):
    pass


class ServiceAtLocationInline(RowInline):
    model = ServiceAtLocation
    form = PlaceForm
    formset = PlaceFormSet
    autocomplete_fields = ("location",)
    verbose_name = "Ort"
    verbose_name_plural = "Orte"
    fieldsets = [
        (None, {"fields": ["location"]}),
        (
            "Oder ein neues Haus",
            {
                "classes": ["new-place"],
                "description": "Nur wenn es oben noch nicht zu finden ist. Beim Sichern wird es ein Ort, den alle wählen können.",
                "fields": ["title", ("street", "postal_code", "city"), ("municipality", "wheelchair")],
            },
        ),
        (None, {"fields": ["description", "order"]}),
    ]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.may_add_locations = request.user.has_perm("wegweiser.add_location")
        return formset


class NamesSimilar:
    """Names what may be the same: after saving, and in the form."""

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "_continue" not in request.POST and (hint := duplicates.hint(form.instance)):
            self.message_user(request, hint, "WARNING")

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["hint"] = duplicates.hint(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


@admin.register(Service)
class ServiceAdmin(NamesSimilar, ContentAdmin):
    list_display = ("title", "organization", "town", "availability", "status", "translations", "checked", "due")
    list_filter = (ToCheck, "status", "availability", "organization__kind")
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
    inlines = [ServiceAtLocationInline, ServiceHoursInline, ServiceContactInline, SpokenLanguageInline]
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

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("at_locations__location")

    def get_search_results(self, request, queryset, search_term):
        """Phone numbers are found however they are written, in the list and in the contact."""
        if re.fullmatch(r"[+(]?(\d[\s()/–-]*){6,}", search_term.strip()):
            wanted = duplicates.phone_key(search_term) if search_term.strip()[0] in "+0" else search_term
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
        return next((at.location.city for at in service.at_locations.all() if at.location.city), None)

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
class OrganizationAdmin(NamesSimilar, PortalAdmin):
    list_display = ("title", "kind", "email", "website", "entries")
    list_filter = ("kind",)
    search_fields = ("title_de", "alternate_name_de", "email", "website")
    autocomplete_fields = ("parent",)
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
