"""What staff do about checks: whom they ask, how it stands, and field by field what they accept of the answers."""

import re
from datetime import timedelta
from itertools import groupby

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from portal import differences, languages
from portal.admin import Singleton
from portal.versions.recording import recording
from portal.versions.staff import Versioned

from ..models import DirectorySettings, Organization, Proposal, Service, ServiceCheck, VerificationRequest
from . import facts, verification

NOT_IN_USE = Q(status=Service.Status.ARCHIVED) | Q(availability=Service.Availability.DEFUNCT)


def services_of(queryset):
    """Of chosen organizations all that is public."""
    if queryset.model is Organization:
        return Service.objects.published().filter(organization__in=queryset).select_related("organization")
    return queryset.select_related("organization")


@admin.action(description="Am Telefon geprüft: alles stimmt", permissions=["verify"])
def mark_verified_by_phone(model_admin, request, queryset):
    services = services_of(queryset)
    for service in services:
        verification.verified_by_phone(service, request.user)
        model_admin.log_change(request, service, "am Telefon geprüft")
    model_admin.message_user(request, f"{entries(len(services))} als am Telefon geprüft markiert.")


@admin.action(description="Prüf-Anfrage per E-Mail senden", permissions=["send"])
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


class Checking:
    """Who may do what about checks, wherever the actions are."""

    def has_verify_permission(self, request):
        return request.user.has_perm("wegweiser.change_service")

    def has_send_permission(self, request):
        return request.user.has_perm("wegweiser.change_verificationrequest")


def entries(number: int) -> str:
    return f"{number} {'Eintrag' if number == 1 else 'Einträge'}"


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


@admin.register(DirectorySettings)
class DirectorySettingsAdmin(Singleton, Versioned, admin.ModelAdmin):
    handbook = "wegweiser-pruefen"
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
class VerificationRequestAdmin(Checking, admin.ModelAdmin):
    handbook = "wegweiser-pruefen"
    list_display = ("organization", "state", "sent_on", "expires_on", "reminders_sent", "answered_at")
    list_filter = (RequestStateFilter, "outcome")
    list_select_related = ("organization",)
    search_fields = ("organization__title_de", "sent_to")
    actions = ("send_again", "withdraw")
    fields = (
        "organization", "state", "sent_to", "sent_on", "mailed_on", "reminders_sent", "expires_on", "escalated_on",
        "answered_at", "withdrawn_on", "services", "delete_after",
    )  # fmt: skip
    readonly_fields = ("state", "services")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False  # what was sent is what was sent; the actions do what there is to do

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
            mark_safe("<br>"),
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
                ask(self, request, asked.organization, verification.remaining(asked))

    @admin.action(description="Zurückziehen: der Link gilt nicht mehr", permissions=["send"])
    def withdraw(self, request, queryset):
        for asked in queryset.select_related("organization"):
            if verification.withdraw(asked):
                self.log_change(request, asked, "zurückgezogen")
                self.message_user(request, f"Zurückgezogen, der Link gilt nicht mehr: {asked}")
            else:
                self.message_user(request, f"Nicht zurückgezogen, weil nicht mehr offen: {asked}", "WARNING")


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

    handbook = "wegweiser-pruefen"
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
        with recording(request.user, "Vorschlag der Organisation angenommen"):
            return self.decided(request, pk)

    def decided(self, request, pk):
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
            except ValidationError as problem:
                self.tell(request, proposal, problem)
        else:
            self.message_user(request, "Diesen Vorschlag gibt es nicht mehr.", "WARNING")
        if not check.proposals.filter(state=Proposal.State.OPEN).exists():
            if verification.is_agreed(check):
                message = f"Alles entschieden. „{check.service}“ gilt als von der Organisation geprüft."
                self.message_user(request, message)
            else:
                message = (
                    f"Alles entschieden. „{check.service}“ gilt damit noch nicht als geprüft: Bitte fragen Sie nach."
                )
                self.message_user(request, message, "WARNING")
        return HttpResponseRedirect(reverse("admin:wegweiser_servicecheck_change", args=[check.pk]))

    def chosen(self, check, number):
        proposals = check.proposals.select_related("at__location", "service_check__service", "service_check__request")
        return proposals.filter(pk=number).first() if re.fullmatch(r"[0-9]{1,18}", number) else None

    def tell(self, request, proposal, problem):
        self.message_user(request, f"{proposal.label}: {' '.join(problem.messages)}", "ERROR")


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
