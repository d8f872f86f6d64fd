"""What volunteers have to have, the trainings they go to, and who was there."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, Count, DateTimeField, F, Q, Value, When
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from portal.admin import PortalAdmin

from ..models import Attendance, Fulfilment, MonthlyStat, Requirement, Training, Volunteer
from . import attendance, day

State = Attendance.State

RECORD = (
    "Erweitertes Führungszeugnis: Von ihm wird nur festgehalten, wann es ausgestellt und wann es eingesehen worden ist, und auch das nur, "
    "wenn nichts Einschlägiges darin steht (§ 72a Abs. 5 SGB VIII). Keine Kopie, keine Notiz über den Inhalt. Wer nicht "
    "eingesetzt werden darf, wird „nicht aufgenommen“; dann wird nichts davon gespeichert. Die Daten werden gelöscht, "
    "sobald feststeht, dass jemand nicht tätig wird, sonst nach dem Ausscheiden."
)


@admin.register(Requirement)
class RequirementAdmin(PortalAdmin):
    handbook = "lotsen-schulung"
    list_display = ("title", "kind", "units", "valid_months", "mandatory", "running_out", "order")
    list_editable = ("order",)
    search_fields = ("title_de",)
    fieldsets = [
        (None, {"fields": ["kind", "title", "text", "order"], "description": RECORD}),
        ("Wann erfüllt, wie lange, wofür", {"fields": [("units", "valid_months"), "mandatory", "kinds"]}),
        ("Übersetzung", {"fields": ["machine_translated"]}),
    ]
    change_list_template = "admin/lotsen/training/requirements.html"

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "kinds":
            return db_field.formfield(widget=forms.CheckboxSelectMultiple)  # without Django's buttons around them
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        """Dates of a certificate of conduct are none of a training."""
        used = obj and (obj.fulfilments.exists() or obj.trainings.exists())
        return ("kind",) if used else ()

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(soon=Count("fulfilments", filter=day.listed("fulfilments__")))

    @admin.display(description="läuft bald ab")
    def running_out(self, requirement):
        return requirement.soon or None

    def save_model(self, request, requirement, form, change):
        with transaction.atomic():
            super().save_model(request, requirement, form, change)
            if change and "valid_months" in form.changed_data:
                fulfilments = list(requirement.fulfilments.all())
                for fulfilment in fulfilments:
                    fulfilment.expires_on = requirement.expiry(fulfilment.fulfilled_on)
                Fulfilment.objects.bulk_update(fulfilments, ["expires_on"], batch_size=500)
            if change and {"units", "valid_months"} & set(form.changed_data):
                say_change(self, request, requirement, attendance.settle([requirement.pk]))

    # Which run out ----------------------------------------------------------------------------------

    def get_urls(self):
        view = require_safe(self.admin_site.admin_view(self.running_out_view))
        return [path("ablauf/", view, name="lotsen_requirement_running_out"), *super().get_urls()]

    def running_out_view(self, request):
        if not self.has_change_permission(request):
            raise PermissionDenied
        rows = (
            Fulfilment.objects.filter(day.listed())
            .select_related("volunteer", "requirement")
            .order_by("expires_on", "volunteer__name")
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Voraussetzungen, die ablaufen",
            "rows": [(row, volunteer_url(row.volunteer_id)) for row in rows],
            "days": day.DAYS_BEFORE[0],
            "today": timezone.localdate(),
        }
        return render(request, "admin/lotsen/training/running_out.html", context)


def volunteer_url(pk) -> str:
    try:
        return reverse("admin:lotsen_volunteer_change", args=[pk])
    except NoReverseMatch:
        return ""


def say_change(model_admin, request, requirement, change: attendance.Change) -> None:
    if change.met:
        model_admin.message_user(request, f"„{requirement}“ ist damit neu erfüllt bei: {persons(change.met)}.")
    if change.unmet:
        model_admin.message_user(
            request, f"„{requirement}“ ist damit nicht mehr erfüllt bei: {persons(change.unmet)}.", "WARNING"
        )


def persons(number: int) -> str:
    return "1 Person" if number == 1 else f"{number} Personen"


class TimeFilter(admin.SimpleListFilter):
    title = "Zeit"
    parameter_name = "zeit"

    def lookups(self, request, model_admin):
        return [("kommend", "kommende"), ("vergangen", "vergangene")]

    def queryset(self, request, queryset):
        if self.value() == "kommend":
            return queryset.filter(event__starts_at__gte=today_begins())
        if self.value() == "vergangen":
            return queryset.filter(event__starts_at__lt=today_begins())
        return queryset


def today_begins():
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


@admin.register(Training)
class TrainingAdmin(admin.ModelAdmin):
    handbook = "lotsen-schulung"
    list_display = ("when", "event_title", "requirement", "who_came")
    list_display_links = ("when", "event_title")
    list_filter = (TimeFilter, "requirement")
    list_select_related = ("event", "requirement")
    list_per_page = 50
    search_fields = ("event__title_de", "requirement__title_de")
    autocomplete_fields = ("event",)
    fields = ("event", "requirement", "units")
    change_form_template = "admin/lotsen/training/training_form.html"

    def get_queryset(self, request):
        def number(state):
            return Count("attendances", filter=Q(attendances__state=state))

        return (
            super()
            .get_queryset(request)
            .annotate(expected_number=number(State.EXPECTED), attended_number=number(State.ATTENDED))
        )

    def get_ordering(self, request):
        """What comes next stands first; then what is over, the latest first."""
        is_past = Q(event__starts_at__lt=today_begins())
        return [
            Case(When(is_past, then=Value(1)), default=Value(0)),
            Case(When(is_past, then=None), default=F("event__starts_at"), output_field=DateTimeField()),
            "-event__starts_at",
        ]

    @admin.display(description="wann", ordering="event__starts_at")
    def when(self, training):
        return date_format(timezone.localtime(training.event.starts_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description="Veranstaltung", ordering="event__title_de")
    def event_title(self, training):
        return f"{training.event} (fällt aus)" if training.event.cancelled else str(training.event)

    @admin.display(description="Liste")
    def who_came(self, training):
        has_begun = attendance.has_begun(training)
        question = "Wer war da?" if has_begun else "Wer kommt?"
        number = training.attended_number if has_begun else training.expected_number
        return format_html(
            '<a href="{}" aria-label="{} {}">{}</a> ({})', list_url(training), question, training, question, number
        )

    # What follows from a change -----------------------------------------------------------------------

    def save_model(self, request, training, form, change):
        with transaction.atomic():
            before = Training.objects.filter(pk=training.pk).values_list("requirement", flat=True).first()
            super().save_model(request, training, form, change)
            if before:
                change = attendance.settle({before, training.requirement_id})
                say_change(self, request, training.requirement, change)

    def delete_model(self, request, training):
        with transaction.atomic():
            super().delete_model(request, training)
            say_change(self, request, training.requirement, attendance.settle([training.requirement_id]))

    def delete_queryset(self, request, queryset):
        with transaction.atomic():
            requirements = set(queryset.order_by().values_list("requirement", flat=True))
            super().delete_queryset(request, queryset)
            attendance.settle(requirements)

    # Who was there? -----------------------------------------------------------------------------------

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.admin_site.admin_view(self.list_view))
        return [path("<int:pk>/liste/", view, name="lotsen_training_list"), *super().get_urls()]

    def response_add(self, request, training, post_url_continue=None):
        """What comes next is who comes."""
        response = super().response_add(request, training, post_url_continue)
        plain = not {"_continue", "_addanother", "_popup"} & set(request.POST)
        return HttpResponseRedirect(list_url(training)) if plain else response

    def list_view(self, request, pk):
        training = self.get_object(request, str(pk))
        if not self.has_change_permission(request, training):
            raise PermissionDenied
        if training is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        if request.method == "POST":
            self.save_list(request, training)
            return HttpResponseRedirect(list_url(training))
        has_begun = attendance.has_begun(training)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": training,
            "title": "Wer war da?" if has_begun else "Wer kommt?",
            "subtitle": None,
            "has_begun": has_begun,
            **rows_of(training, has_begun),
        }
        return render(request, "admin/lotsen/training/list.html", context)

    def save_list(self, request, training: Training) -> None:
        if training.event.cancelled:
            return self.message_user(request, "Die Veranstaltung fällt aus. Es wurde nichts gespeichert.", "ERROR")
        shown, before, ticked = (uuids(request.POST.getlist(name)) for name in ("shown", "before", "ticked"))
        if missing := len(ticked) - Volunteer.objects.filter(pk__in=ticked).count():
            text = f"{persons(missing)} gibt es nicht mehr; die Angaben sind inzwischen gelöscht worden."
            self.message_user(request, text, "WARNING")
        if request.POST.get("mode") == "expect":
            if "all" in request.POST:
                ticked |= set(attendance.may_come().filter(stage=Volunteer.Stage.TRAINING).values_list("pk", flat=True))
            number = attendance.expect(training, more=ticked - before, fewer=before - ticked)
            done = f"Gespeichert: {persons(number)} angemeldet."
        elif attendance.has_begun(training):
            if "all" in request.POST:
                expected = training.attendances.filter(state=State.EXPECTED, volunteer__in=shown)
                ticked |= set(expected.values_list("volunteer", flat=True))
            change = attendance.mark(
                training, came=ticked - before, back=before - ticked, absent=shown - ticked - before
            )
            number = training.attendances.filter(state=State.ATTENDED).count()
            done = f"Gespeichert: {persons(number)} {'war' if number == 1 else 'waren'} da."
            say_change(self, request, training.requirement, change)
        else:
            text = "Die Schulung war noch nicht. Wer da war, lässt sich ab ihrem Tag eintragen."
            return self.message_user(request, text, "ERROR")
        self.log_change(request, training, done)
        self.message_user(request, done)


def list_url(training: Training) -> str:
    return reverse("admin:lotsen_training_list", args=[training.pk])


def uuids(texts: list[str]) -> set[UUID]:
    found = set()
    for text in texts:
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found


def rows_of(training: Training, has_begun: bool) -> dict:
    """Who is on the list or in training, and apart from them who may come as well."""
    states = dict(training.attendances.exclude(volunteer=None).values_list("volunteer", "state"))
    may = Q(pk__in=attendance.may_come().values("pk"))
    volunteers = list(Volunteer.objects.filter(Q(pk__in=states) | may).order_by("name", "pk"))
    units = attendance.progress(training.requirement, [volunteer.pk for volunteer in volunteers])
    is_ticked = {State.ATTENDED} if has_begun else set(State)
    rows = [
        {
            "volunteer": volunteer,
            "label": State(states[volunteer.pk]).label if volunteer.pk in states else "",
            "ticked": states.get(volunteer.pk) in is_ticked,
            "fixed": not has_begun and states.get(volunteer.pk) in {State.ATTENDED, State.ABSENT},
            "units": units.get(volunteer.pk, 0),
            "url": volunteer_url(volunteer.pk),
        }
        for volunteer in volunteers
    ]
    main, others = [], []
    for row in rows:
        (main if row["label"] or row["volunteer"].stage == Volunteer.Stage.TRAINING else others).append(row)
    return {
        "rows": main,
        "others": others,
        "gone": training.attendances.filter(volunteer=None).count(),
    }


@admin.register(MonthlyStat)
class MonthlyStatAdmin(admin.ModelAdmin):
    """The rows are shown to nobody; what may be told of them is the yearly report."""

    handbook = "jahresbericht"

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = require_safe(self.admin_site.admin_view(self.changelist_view))
        return [path("", view, name="lotsen_monthlystat_changelist")]

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("lotsen_staff:report", args=[timezone.localdate().year]))
