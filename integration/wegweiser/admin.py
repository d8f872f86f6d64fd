from itertools import groupby

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.views.decorators.http import require_POST

from portal import languages
from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin, PartInline, PortalAdmin, Singleton

from . import differences, facts, verification
from .forms import OpeningHoursForm
from .models import (
    Contact,
    DirectorySettings,
    Location,
    Municipality,
    OpeningHours,
    Organization,
    Proposal,
    Service,
    ServiceAtLocation,
    ServiceCheck,
    SpokenLanguage,
    Suggestion,
    VerificationRequest,
)


def services_of(queryset):
    """Of chosen organizations all that is public."""
    if queryset.model is Organization:
        return Service.objects.published().filter(organization__in=queryset).select_related("organization")
    return queryset.select_related("organization")


@admin.action(description="Am Telefon geprüft: alles stimmt", permissions=["change"])
def mark_verified_by_phone(model_admin, request, queryset):
    services = services_of(queryset)
    for service in services:
        verification.verified_by_phone(service, request.user)
        model_admin.log_change(request, service, "am Telefon geprüft")
    model_admin.message_user(request, f"{entries(len(services))} als am Telefon geprüft markiert.")


@admin.action(description="Prüf-Anfrage per E-Mail senden", permissions=["change"])
def send_verification_request(model_admin, request, queryset):
    services = services_of(queryset)
    public = Service.objects.published().filter(pk__in=services.values("pk")).select_related("organization")
    if hidden := services.count() - public.count():
        model_admin.message_user(request, f"Nicht gefragt, weil nicht öffentlich: {entries(hidden)}.", "WARNING")
    by_organization = sorted(public, key=lambda service: (service.organization.title, service.organization_id))
    for organization, rows in groupby(by_organization, lambda service: service.organization):
        ask(model_admin, request, organization, list(rows))


def ask(model_admin, request, organization, services):
    try:
        asked = verification.ask(organization, services)
    except verification.NotPossible as reason:
        model_admin.message_user(request, f"Nicht gefragt: {reason}", "WARNING")
    except ValidationError as error:  # an address that got past the form
        model_admin.message_user(request, f"Nicht gefragt: {organization}: {' '.join(error.messages)}", "ERROR")
    else:
        model_admin.log_change(request, organization, f"Prüf-Anfrage geschickt: {entries(len(services))}")
        model_admin.message_user(request, f"{organization} ist gefragt: {entries(len(services))} ({asked.sent_to}).")


def entries(number: int) -> str:
    return f"{number} {'Eintrag' if number == 1 else 'Einträge'}"


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
class ServiceAdmin(ContentAdmin):
    list_display = ("title", "organization", "availability", "status", "translations", "as_of", "due")
    list_filter = ("status", "availability", "organization__kind", "review_due")
    list_select_related = ("organization",)
    search_fields = ("title_de", "slug", "organization__title_de")
    autocomplete_fields = ("organization", "programme", "topics", "audiences", "areas")
    inlines = [ServiceAtLocationInline, OpeningHoursInline, ContactInline, SpokenLanguageInline]
    actions = (*ContentAdmin.actions, mark_verified_by_phone, send_verification_request)
    change_form_template = "admin/wegweiser/service_form.html"
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

    def set_verified(self, request, content):
        content.verify(Service.Verification.STAFF, by=request.user.email)

    def response_change(self, request, obj):
        if "_verified_by_phone" in request.POST:
            verification.verified_by_phone(obj, request.user)
            self.log_change(request, obj, "am Telefon geprüft")
        return super().response_change(request, obj)


@admin.register(Organization)
class OrganizationAdmin(PortalAdmin):
    list_display = ("title", "kind", "email", "website")
    list_filter = ("kind",)
    search_fields = ("title_de", "alternate_name_de", "email", "website")
    autocomplete_fields = ("parent",)
    actions = (mark_verified_by_phone, send_verification_request)
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


# Verification by the organizations --------------------------------------------------------------------


class RequestStateFilter(admin.SimpleListFilter):
    title = "Stand"
    parameter_name = "stand"

    def lookups(self, request, model_admin):
        return [("offen", "offen"), ("ueberfaellig", "überfällig"), ("beantwortet", "beantwortet")]

    def queryset(self, request, queryset):
        if self.value() == "offen":
            return queryset.filter(outcome="")
        if self.value() == "ueberfaellig":
            return queryset.filter(overdue())
        return queryset.exclude(answered_at=None) if self.value() == "beantwortet" else queryset


def overdue() -> Q:
    return Q(outcome="") & (Q(expires_on__lt=timezone.localdate()) | Q(escalated_on__isnull=False))


@admin.register(VerificationRequest)
class VerificationRequestAdmin(admin.ModelAdmin):
    list_display = ("organization", "state", "sent_on", "expires_on", "reminders_sent", "answered_at")
    list_filter = (RequestStateFilter, "outcome")
    list_select_related = ("organization",)
    search_fields = ("organization__title_de", "sent_to")
    actions = ("send_again", "withdraw")
    fields = (
        "organization", "state", "sent_to", "sent_on", "mailed_on", "reminders_sent", "expires_on", "escalated_on",
        "answered_at", "services", "delete_after",
    )  # fmt: skip
    readonly_fields = ("state", "services")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False  # what was sent is what was sent; the actions do what there is to do

    def has_send_permission(self, request):
        return request.user.has_perm("wegweiser.change_verificationrequest")

    @admin.display(description="Stand", ordering="outcome")
    def state(self, asked):
        if asked.outcome:
            return asked.get_outcome_display()
        if asked.escalated_on or asked.expires_on < timezone.localdate():
            return "überfällig"
        return "offen"

    @admin.display(description="Einträge")
    def services(self, asked):
        return format_html_join(
            format_html("<br>"),
            "{}: {}",
            (
                (check.service, check.get_outcome_display() or "noch keine Antwort")
                for check in asked.checks.select_related("service")
            ),
        )

    @admin.action(description="Noch einmal senden, mit neuem Link", permissions=["send"])
    def send_again(self, request, queryset):
        for asked in queryset.select_related("organization"):
            if asked.outcome:
                self.message_user(request, f"Nicht noch einmal gesendet, weil nicht mehr offen: {asked}", "WARNING")
            else:
                services = Service.objects.published().filter(checks__in=asked.checks.filter(outcome=""))
                ask(self, request, asked.organization, list(services))

    @admin.action(description="Zurückziehen: der Link gilt nicht mehr", permissions=["send"])
    def withdraw(self, request, queryset):
        for asked in queryset:
            verification.close(asked, VerificationRequest.Outcome.WITHDRAWN)
            self.log_change(request, asked, "zurückgezogen")
        self.message_user(request, "Zurückgezogen. Die Links gelten nicht mehr.")


class UndecidedFilter(admin.SimpleListFilter):
    title = "Vorschläge"
    parameter_name = "vorschlaege"

    def lookups(self, request, model_admin):
        return [("offen", "zu entscheiden"), ("entschieden", "entschieden"), ("keine", "keine")]

    def queryset(self, request, queryset):
        conditions = {
            "offen": Q(undecided__gt=0),
            "entschieden": Q(undecided=0, proposed__gt=0),
            "keine": Q(proposed=0),
        }
        return queryset.filter(conditions.get(self.value(), Q()))


@admin.register(ServiceCheck)
class ServiceCheckAdmin(admin.ModelAdmin):
    """What organizations have answered, and where staff decide on it, field by field."""

    list_display = ("service", "organization", "outcome", "open_proposals", "answered_at")
    list_filter = (UndecidedFilter, "outcome")
    list_select_related = ("service__organization",)
    search_fields = ("service__title_de", "service__organization__title_de")
    change_form_template = "admin/wegweiser/check_form.html"
    fields = ("entry", "organization", "outcome", "answered_at", "answered_by")
    readonly_fields = ("entry", "organization", "answered_by")

    def get_queryset(self, request):
        opened = Count("proposals", filter=Q(proposals__state=Proposal.State.OPEN))
        answered = ServiceCheck.objects.exclude(outcome="").select_related("service__organization", "request")
        return answered.annotate(undecided=opened, proposed=Count("proposals"))

    def get_ordering(self, request):
        return ("-undecided", "-answered_at")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def may_decide(self, request):
        return request.user.has_perm("wegweiser.change_service")

    @admin.display(description="Organisation")
    def organization(self, check):
        return check.service.organization

    @admin.display(description="zu entscheiden", ordering="undecided")
    def open_proposals(self, check):
        return check.undecided or None

    @admin.display(description="Eintrag")
    def entry(self, check):
        url = reverse("admin:wegweiser_service_change", args=[check.service_id])
        return format_html('<a href="{}">{}</a>', url, check.service)

    @admin.display(description="geantwortet hat")
    def answered_by(self, check):
        return check.request.sent_to

    def get_urls(self):
        view = require_POST(self.admin_site.admin_view(self.decide))
        return [path("<int:pk>/entscheiden/", view, name="wegweiser_servicecheck_decide"), *super().get_urls()]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        context["rows"] = [
            row(obj, proposal) for proposal in obj.proposals.select_related("at__location", "decided_by")
        ]
        context["may_decide"] = self.may_decide(request)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def decide(self, request, pk):
        """One button of the page: "accept-12", "anyway-12", "decline-12" or "all"."""
        check = self.get_object(request, str(pk))
        if not self.may_decide(request):
            raise PermissionDenied
        if check is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        what, _dash, number = request.POST.get("decision", "").partition("-")
        if what == "all":
            for proposal, problem in verification.accept_all(check, request.user):
                self.tell(request, proposal, problem)
        elif proposal := self.chosen(check, number):
            try:
                if what == "decline":
                    verification.decline(proposal, request.user)
                elif what in {"accept", "anyway"}:
                    verification.accept(proposal, request.user, anyway=what == "anyway")
            except (ValidationError, verification.Changed, verification.Decided) as problem:
                self.tell(request, proposal, problem)
        else:
            self.message_user(request, "Diesen Vorschlag gibt es nicht mehr.", "WARNING")
        if not check.proposals.filter(state=Proposal.State.OPEN).exists():
            self.message_user(request, f"Alles entschieden. „{check.service}“ gilt als von der Organisation geprüft.")
        return HttpResponseRedirect(reverse("admin:wegweiser_servicecheck_change", args=[check.pk]))

    def chosen(self, check, number):
        proposals = check.proposals.select_related("at__location", "service_check__service", "service_check__request")
        return proposals.filter(pk=number).first() if number.isascii() and number.isdigit() else None

    def tell(self, request, proposal, problem):
        reasons = {
            verification.Changed: "Im Wegweiser steht inzwischen etwas anderes. Bitte vergleichen Sie.",
            verification.Decided: "Darüber hat gerade schon jemand entschieden.",
        }
        reason = reasons.get(type(problem)) or " ".join(problem.messages)
        self.message_user(request, f"{proposal.label}: {reason}", "ERROR")


def row(check: ServiceCheck, proposal: Proposal) -> dict:
    """What staff see of a proposal: both texts with what is different, and the present one where it is a third."""
    old, new = (str(facts.shown(proposal.field, text)) for text in (proposal.old, proposal.new))
    present = facts.read(check.service, proposal.field, proposal.at)
    is_open = proposal.state == Proposal.State.OPEN
    changed = is_open and facts.tidy(present) not in {facts.tidy(proposal.old), facts.tidy(proposal.new)}
    before, after = differences.marked(old, new)
    return {
        "proposal": proposal,
        "old": before,
        "new": after,
        "is_open": is_open,
        "is_comment": proposal.field == "comment",
        "present": facts.shown(proposal.field, present) if changed else "",
        "changed": changed,
        "notes": list(notes(check.service, proposal)) if is_open else [],
    }


def notes(service: Service, proposal: Proposal):
    """What else an accepted proposal touches."""
    if proposal.field == "address":
        others = Service.objects.filter(locations=proposal.at.location_id).exclude(pk=service.pk).count()
        if others:
            yield f"Diese Adresse haben auch andere: {entries(others)}."
    if proposal.field == "contacts" and facts.is_of_organization(service, proposal.at):
        yield "Dieser Kontakt ist der der Organisation. Er gilt auch für ihre anderen Einträge."
    if translated := facts.translations(service, proposal.field):
        names = ", ".join(languages.BY_CODE[code].german_name for code in translated)
        yield f"Die Übersetzungen sagen noch das Bisherige: {names}."
