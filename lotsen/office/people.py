"""The list of volunteers is the coordination's inbox; the form is all that is known of one."""

import re
import uuid

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from integration.wegweiser import spoken
from integration.wegweiser.duplicates import phone_key
from integration.wegweiser.models import Municipality
from portal.admin import QuietSearch

from .. import notices, statistics
from ..models import (
    Activity,
    Assignment,
    AssistanceRequest,
    Attendance,
    Consent,
    Disclosure,
    Fulfilment,
    KindOfHelp,
    LotsenSettings,
    Note,
    Requirement,
    Volunteer,
    VolunteerLanguage,
)
from . import export, todo, writing
from .missing import mandatory, missing, next_step
from .rights import Rights, change_url
from .staff_forms import (
    FulfilmentForm,
    FulfilmentFormSet,
    LetterForm,
    PaperConsentForm,
    PauseForm,
    StageForm,
    VolunteerForm,
)

Stage = Volunteer.Stage
REFERENCE = re.compile(r"\s*L-\d{4}-([0-9A-F]{6})\s*", re.IGNORECASE)
PHONE = re.compile(r"\s*[+(]?(\d[\s()/–-]*){6,}")


CLOSED = "admin/lotsen/office/closed_filter.html"

# Filters ----------------------------------------------------------------------------------------------


class ToDo(admin.SimpleListFilter):
    title = "Aufgabe"
    parameter_name = "aufgabe"

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _condition) in todo.to_do().items()]

    def queryset(self, request, queryset):
        conditions = todo.to_do()
        return queryset.filter(conditions[self.value()][1]) if self.value() in conditions else queryset


class Mine(admin.SimpleListFilter):
    title = "Betreuung"
    parameter_name = "betreut"

    def lookups(self, request, model_admin):
        return [("mir", "von mir"), ("niemand", "von niemandem")]

    def queryset(self, request, queryset):
        if self.value() == "mir":
            return queryset.filter(todo.mine(request.user))
        return queryset.filter(coordinator=None) if self.value() == "niemand" else queryset


class Speaks(admin.SimpleListFilter):
    template = CLOSED
    title = "Sprache"
    parameter_name = "sprache"

    def lookups(self, request, model_admin):
        there = set(VolunteerLanguage.objects.order_by().values_list("code", flat=True).distinct())
        return [(code, name) for code, name in spoken.choices() if code in there]

    def queryset(self, request, queryset):
        # Not a join: nobody is shown twice.
        speaks = VolunteerLanguage.objects.filter(code=self.value()).values("volunteer")
        return queryset.filter(pk__in=speaks) if self.value() else queryset


class HelpsWith(admin.SimpleListFilter):
    template = CLOSED
    title = "Art der Hilfe"
    parameter_name = "hilfe"

    def lookups(self, request, model_admin):
        return [(str(kind.pk), kind.title) for kind in KindOfHelp.objects.all()]

    def queryset(self, request, queryset):
        chosen = Volunteer.kinds.through.objects.filter(kindofhelp_id=number(self.value()))
        return queryset.filter(pk__in=chosen.values("volunteer")) if self.value() else queryset


class HelpsIn(admin.SimpleListFilter):
    """Who names no place helps everywhere."""

    template = CLOSED
    title = "Ort"
    parameter_name = "ort"

    def lookups(self, request, model_admin):
        return [(str(place.pk), place.name) for place in Municipality.objects.all()]

    def queryset(self, request, queryset):
        areas = Volunteer.areas.through.objects
        here = areas.filter(municipality_id=number(self.value())).values("volunteer")
        somewhere = Q(pk__in=here) | ~Q(pk__in=areas.values("volunteer"))
        return queryset.filter(somewhere) if self.value() else queryset


def number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


# Rows of the form -------------------------------------------------------------------------------------


class Rows(admin.TabularInline):
    extra = 0
    show_change_link = False


class ReadOnly(Rows):
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class LanguageInline(Rows):
    model = VolunteerLanguage
    fields = ("code", "level")


class FulfilmentInline(Rows):
    model = Fulfilment
    form = FulfilmentForm
    formset = FulfilmentFormSet
    verbose_name_plural = "Voraussetzungen"

    def get_fields(self, request, obj=None):
        """Of certificates of conduct there is nothing to see where the office asks for none."""
        if Requirement.objects.filter(kind=Requirement.Kind.RECORD).exists():
            return ("requirement", "fulfilled_on", "issued_on", "nothing_in_it", "expires_on", "checked_by")
        return ("requirement", "fulfilled_on", "expires_on", "checked_by")

    readonly_fields = ("expires_on", "checked_by")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("requirement", "checked_by")

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        if field := formset.form.base_fields.get("requirement"):
            field.widget.can_add_related = field.widget.can_change_related = field.widget.can_view_related = False
            field.widget.can_delete_related = False
        return formset


class NoteInline(Rows):
    """What has been written stays as it was; it can be taken away."""

    model = Note
    fields = ("text", "written")
    readonly_fields = ("written",)

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("author")

    @admin.display(description="von, am")
    def written(self, note):
        author = note.author and (note.author.get_full_name() or note.author.username)
        return ", ".join(filter(None, [author, f"{timezone.localtime(note.created):%d.%m.%Y}"])) if note.pk else None


class ConsentInline(Rows):
    model = Consent
    can_delete = False
    fields = ("text", "given", "withdrawn_at")
    readonly_fields = ("text", "given")

    def has_add_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("text", "entered_by")

    @admin.display(description="gegeben")
    def given(self, consent):
        """Whoever asks for proof is told how."""
        moment = timezone.localtime(consent.given_at)
        if consent.way != Consent.Way.PAPER:
            return f"{moment:%d.%m.%Y, %H:%M} Uhr, {consent.get_way_display()}"
        by = consent.entered_by and (consent.entered_by.get_full_name() or consent.entered_by.username)
        return f"{moment:%d.%m.%Y}, {consent.get_way_display()}{f' ({by})' if by else ''}"


class PaperConsentInline(Rows):
    model = Consent
    form = PaperConsentForm
    fields = ("words", "given_on")
    verbose_name = "Einwilligung auf Papier"
    verbose_name_plural = "Einwilligung auf Papier eintragen"

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).none()  # those that are there stand above


class AssignmentInline(ReadOnly):
    model = Assignment
    fields = ("what", "status", "hours", "kilometres")
    readonly_fields = ("what",)
    verbose_name_plural = "Begleitungen und Einladungen"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("request__kind", "request__municipality")

    @admin.display(description="Anfrage")
    def what(self, assignment):
        asked = assignment.request
        when = f"{timezone.localtime(asked.starts_at):%d.%m.%Y, %H:%M} Uhr: {asked.kind}"
        url = change_url(self.admin_site, asked)
        return format_html('<a href="{}">{}</a>, {}', url, asked, when) if url else f"{asked}, {when}"


class ActivityInline(Rows):
    """Of requests that are still there it is corrected with them."""

    model = Activity
    can_delete = False
    fields = ("year", "count", "hours", "kilometres")
    readonly_fields = ("year", "count")
    verbose_name_plural = "Begleitungen, deren Anfragen gelöscht sind"

    def has_add_permission(self, request, obj=None):
        return False


class AttendanceInline(ReadOnly):
    model = Attendance
    fields = ("what", "state")
    readonly_fields = ("what",)
    verbose_name_plural = "Schulungen"

    @admin.display(description="Schulung")
    def what(self, attendance):
        return attendance.training

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("training__event")


class DisclosureInline(Rows):
    """Those of the portal are written by themselves; one by phone is written down here."""

    model = Disclosure
    fields = ("what", "to", "at")
    verbose_name_plural = "Weitergaben an andere (Art. 15 DSGVO)"

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


# List and form ----------------------------------------------------------------------------------------


class Inbox(ChangeList):
    """Each row knows what is to be done with it; asked once for the whole page."""

    def get_results(self, request):
        super().get_results(request)
        rules, requirements = LotsenSettings.current(), mandatory()
        for volunteer in self.result_list:
            volunteer.next_step = next_step(volunteer, missing(volunteer, requirements), rules)


@admin.register(Volunteer)
class VolunteerAdmin(Rights, QuietSearch, admin.ModelAdmin):
    handbook = "lotsen-anmeldung-bearbeiten"
    form = VolunteerForm
    change_form_template = "admin/lotsen/office/volunteer_form.html"
    list_display = ("name", "stage", "waiting", "spoken", "lives_in", "to_do", "coordinator")
    list_filter = (ToDo, "stage", Mine, Speaks, HelpsWith, HelpsIn)
    list_select_related = ("municipality", "coordinator")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("name", "email")
    search_help_text = "Name, E-Mail, Telefon oder Nummer (L-2026-…)"
    save_on_top = True
    actions = ("change_stage", "note_contact", "write_mail", "export_csv")
    inlines = (
        NoteInline,
        LanguageInline,
        FulfilmentInline,
        AttendanceInline,
        AssignmentInline,
        ActivityInline,
        ConsentInline,
        PaperConsentInline,
        DisclosureInline,
    )
    readonly_fields = ("reference", "created", "confirmed_at", "message", "notice", "goes")

    def get_fieldsets(self, request, obj=None):
        stage = ["last_contact_on", "coordinator"]
        if obj is None:
            stage = ["start_stage", *stage]
        elif obj.stage == Stage.PAUSED:
            stage = ["paused_until", *stage]
        privacy = ["restricted", "objection", "keep_until"]
        if obj:
            privacy = ["reference", ("created", "confirmed_at"), "notice", *privacy, "goes"]
        person = ["name", ("email", "phone"), "language", ("municipality", "place"), "adult"]
        if obj and obj.message:
            person.append("message")
        return [
            ("Person", {"fields": person}),
            ("Stand", {"fields": stage}),
            ("Wobei, wo und wann", {"fields": ["kinds", "areas", "availability", ("has_car", "hours_week")]}),
            ("Datenschutz", {"fields": privacy}),
        ]

    def get_inlines(self, request, obj):
        inlines = self.inlines if obj else (LanguageInline, FulfilmentInline, NoteInline, PaperConsentInline)
        # Where the office asks for no consent, there is none to enter.
        return [inline for inline in inlines if inline is not PaperConsentInline or notices.wordings()]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("languages", "fulfilments", "kinds")

    def get_ordering(self, request):
        """What is open, the longest waiting first."""
        order = {Stage.APPLIED: 0, Stage.INTERVIEW: 1, Stage.TRAINING: 2, Stage.ACTIVE: 4, Stage.PAUSED: 5}
        over = When(stage=Stage.PAUSED, paused_until__lt=timezone.localdate(), then=Value(3))
        rank = Case(over, *(When(stage=stage, then=Value(place)) for stage, place in order.items()), default=Value(9))
        return (rank.asc(), "stage_since", "name")

    def get_changelist(self, request, **kwargs):
        return Inbox

    def get_search_results(self, request, queryset, search_term):
        """Phone numbers are found however they are written."""
        if found := REFERENCE.fullmatch(search_term):
            return queryset.filter(id__istartswith=found[1]), False
        if PHONE.fullmatch(search_term):
            wanted = phone_key(search_term.strip()) if search_term.strip()[0] in "+0" else search_term
            digits = "".join(filter(str.isdigit, wanted))
            numbers = queryset.exclude(phone="").order_by().values_list("pk", "phone")
            return queryset.filter(pk__in=[pk for pk, phone in numbers if digits in phone_key(phone)]), False
        return super().get_search_results(request, queryset, search_term)

    # Columns

    @admin.display(description="wartet", ordering="stage_since")
    def waiting(self, volunteer):
        days = volunteer.waiting_days
        return "seit heute" if days <= 0 else f"seit {days} {'Tag' if days == 1 else 'Tagen'}"

    @admin.display(description="Sprachen")
    def spoken(self, volunteer):
        return ", ".join(str(language) for language in volunteer.languages.all()) or None

    @admin.display(description="wohnt in", ordering="municipality__name")
    def lives_in(self, volunteer):
        return volunteer.home

    @admin.display(description="zu tun")
    def to_do(self, volunteer):
        return volunteer.next_step or None

    @admin.display(description="Nummer")
    def reference(self, volunteer):
        return volunteer.reference

    # Saving

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "coordinator":
            field.queryset = field.queryset.filter(is_active=True, is_staff=True)
            field.label_from_instance = lambda user: user.get_full_name() or user.username
        return field

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in {"kinds", "areas"}:
            return db_field.formfield(widget=forms.CheckboxSelectMultiple)  # without Django's buttons around them
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "objection":
            field.widget.attrs["rows"] = 3
        return field

    def get_form(self, request, obj=None, **kwargs):
        form = super().get_form(request, obj, **kwargs)
        for name in ("municipality", "coordinator", "kinds", "areas"):
            if field := form.base_fields.get(name):
                for kind in ("add", "change", "delete", "view"):
                    setattr(field.widget, f"can_{kind}_related", False)
        return form

    def get_changeform_initial_data(self, request):
        return {"coordinator": request.user.pk, **super().get_changeform_initial_data(request)}

    def save_formset(self, request, form, formset, change):
        for row in formset.save(commit=False):
            if isinstance(row, Note) and row._state.adding:
                row.author = request.user
            elif isinstance(row, Fulfilment):
                row.checked_by = request.user
            elif isinstance(row, Consent) and row._state.adding:
                row.entered_by = request.user
            if isinstance(row, Activity):
                statistics.correct(row)
            else:
                row.save()
        for row in formset.deleted_objects:
            row.delete()
        formset.save_m2m()

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        volunteer = form.instance
        same = Volunteer.objects.confirmed().filter(email=volunteer.email).exclude(pk=volunteer.pk)
        for other in same if volunteer.email else ():
            self.message_user(
                request,
                format_html(
                    'Mit dieser E-Mail-Adresse gibt es schon <a href="{}">{}</a>.',
                    change_url(self.admin_site, other),
                    other,
                ),
                "WARNING",
            )

    # Stages

    def get_urls(self):
        pages = (("stand", self.move_view, "move"), ("kontakt", self.contact_view, "contact"))
        return [
            *(
                path(
                    f"<uuid:pk>/{address}/",
                    require_POST(self.admin_site.admin_view(view)),
                    name=f"lotsen_volunteer_{name}",
                )
                for address, view, name in pages
            ),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            rules = LotsenSettings.current()
            lacks = missing(obj, mandatory())
            context |= {
                "next_stages": [(stage, Stage(stage).label) for stage in obj.next_stages],
                "next_step": next_step(obj, [], rules),
                "lacks": lacks if obj.stage in (Stage.INTERVIEW, Stage.TRAINING, Stage.ACTIVE, Stage.PAUSED) else [],
                "may_change": self.has_change_permission(request, obj),
                "action_checkbox_name": ACTION_CHECKBOX_NAME,
            }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @transaction.atomic
    def move_view(self, request, pk):
        """One of the buttons above the form. What it means is asked first where something ends or is missing."""
        if (volunteer := self.asked_for(request, pk)) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        back = HttpResponseRedirect(reverse("admin:lotsen_volunteer_change", args=[pk]))
        stage = request.POST.get("stage", "")
        if request.POST.get("before") != volunteer.stage:
            self.message_user(
                request,
                f"{volunteer} ist inzwischen „{volunteer.get_stage_display()}“; jemand anderes hat den Stand geändert. "
                "Es ist nichts geschehen.",
                "WARNING",
            )
            return back
        if stage not in volunteer.next_stages:
            self.message_user(request, refusal(volunteer, stage), "ERROR")
            return back
        sure = "sure" in request.POST
        pause = PauseForm(request.POST if sure else None)
        lacks = missing(volunteer, mandatory()) if stage == Stage.ACTIVE else []
        asks = stage in (Stage.PAUSED, Stage.LEFT, Stage.REJECTED) or bool(lacks)
        if asks and not (sure and pause.is_valid()):
            return self.ask(request, volunteer, stage, lacks, pause)
        if stage == Stage.PAUSED:
            volunteer.paused_until = pause.cleaned_data["paused_until"]
        volunteer.move(stage)
        self.log_change(request, volunteer, f"Stand: {volunteer.get_stage_display()}")
        self.message_user(request, f"{volunteer} ist jetzt „{volunteer.get_stage_display()}“.", "SUCCESS")
        return back

    def ask(self, request, volunteer, stage, lacks, pause):
        rules = LotsenSettings.current()
        context = {
            **self.admin_site.each_context(request),
            "title": f"{volunteer}: „{Stage(stage).label}“",
            "opts": self.opts,
            "original": volunteer,
            "volunteer": volunteer,
            "stage": stage,
            "label": Stage(stage).label,
            "lacks": lacks,
            "pause": pause if stage == Stage.PAUSED else None,
            "media": pause.media,
            "ends": stage in (Stage.LEFT, Stage.REJECTED),
            "days": rules.left_days if stage == Stage.LEFT else rules.rejected_days,
            "record_days": rules.record_days if stage == Stage.LEFT else 0,
            "has_record": volunteer.fulfilments.filter(requirement__kind=Requirement.Kind.RECORD).exists(),
            "promised": [(asked, change_url(self.admin_site, asked)) for asked in promised(volunteer, stage)],
        }
        return render(request, "admin/lotsen/office/move.html", context)

    @transaction.atomic
    def contact_view(self, request, pk):
        if (volunteer := self.asked_for(request, pk)) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        self.had_contact(request, volunteer)
        self.message_user(request, f"{volunteer}: letzter Kontakt heute.", "SUCCESS")
        return HttpResponseRedirect(reverse("admin:lotsen_volunteer_change", args=[pk]))

    def had_contact(self, request, volunteer):
        volunteer.last_contact_on = timezone.localdate()
        volunteer.save(update_fields=["last_contact_on"])
        self.log_change(request, volunteer, "Kontakt gehabt")

    # Actions

    @admin.action(description="Stand ändern …", permissions=["change"])
    def change_stage(self, request, queryset):
        form = StageForm(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            return self.page(request, queryset, "change_stage.html", "Stand ändern", "change_stage", form=form)
        stage, anyway = form.cleaned_data["stage"], form.cleaned_data["anyway"]
        requirements, moved = mandatory(), 0
        for pk in queryset.values_list("pk", flat=True):
            with transaction.atomic():
                Volunteer.lock(pk)
                volunteer = Volunteer.objects.filter(pk=pk).first()
                if volunteer is None:
                    continue
                lacks = missing(volunteer, requirements) if stage == Stage.ACTIVE and not anyway else []
                if stage not in volunteer.next_stages:
                    self.message_user(request, f"{volunteer}: {refusal(volunteer, stage)}", "WARNING")
                elif lacks:
                    self.message_user(request, f"{volunteer}: Es fehlt noch: {', '.join(lacks)}.", "WARNING")
                elif promises := promised(volunteer, stage):
                    numbers = ", ".join(str(asked) for asked in promises)
                    self.message_user(request, f"{volunteer} hat noch zugesagt ({numbers}): bitte einzeln.", "WARNING")
                else:
                    volunteer.move(stage)
                    self.log_change(request, volunteer, f"Stand: {volunteer.get_stage_display()}")
                    moved += 1
        if moved:
            self.message_user(request, f"{persons(moved)} jetzt „{Stage(stage).label}“.", "SUCCESS")
        return None

    @admin.action(description="Kontakt gehabt: heute", permissions=["change"])
    def note_contact(self, request, queryset):
        with transaction.atomic():
            volunteers = queryset.locked()
            for volunteer in volunteers:
                self.had_contact(request, volunteer)
        self.message_user(request, f"Letzter Kontakt heute: {persons(len(volunteers))}.", "SUCCESS")

    @admin.action(description="E-Mail schreiben …", permissions=["change"])
    def write_mail(self, request, queryset):
        """Write, look at it as the readers will, send; back to writing from there."""
        step = request.POST.get("step", "")
        to = writing.recipients(queryset)
        form = LetterForm(request.POST if step else None, codes=to.languages)
        ready = step in {"preview", "send"} and form.is_valid()
        if ready:
            to = writing.recipients(queryset, only_news=bool(form.cleaned_data.get("only_news")))
        if ready and step == "send" and to.get_it:
            count = writing.send(form, to, letter_number(request.POST.get("letter")), request.user)
            if count:
                self.message_user(request, f"E-Mail an {persons(count)} ist unterwegs.", "SUCCESS")
            else:
                self.message_user(
                    request, "Diese E-Mail war schon verschickt; es ist nichts noch einmal geschehen.", "WARNING"
                )
            return HttpResponseRedirect(request.get_full_path())
        if ready and to.get_it:
            shown = {"previews": writing.preview(form, to), "letter": uuid.uuid4(), "hidden": hidden(form)}
            return self.page(request, queryset, "preview_mail.html", "E-Mail ansehen", "write_mail", to=to, **shown)
        if step == "edit":
            form.errors.clear()
        return self.page(request, queryset, "write_mail.html", "E-Mail schreiben", "write_mail", form=form, to=to)

    @admin.action(description="Als Tabelle (CSV) exportieren", permissions=["change"])
    def export_csv(self, request, queryset):
        return export.export(queryset, request.user)

    def page(self, request, queryset, template, title, action, **context):
        """Between an action and its deed."""
        return render(
            request,
            f"admin/lotsen/office/{template}",
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "action": action,
                "chosen": list(queryset),
                "action_checkbox_name": ACTION_CHECKBOX_NAME,
                "media": self.media,
                **context,
            },
        )


def promised(volunteer: Volunteer, stage: str) -> list[AssistanceRequest]:
    """Where she was to go, and somebody else has to be found if she does not."""
    if stage not in (Stage.PAUSED, Stage.LEFT, Stage.REJECTED):
        return []
    goes = volunteer.assignments.filter(status=Assignment.Status.ACCEPTED, request__ends_at__gt=timezone.now())
    return [assignment.request for assignment in goes.select_related("request")]


def refusal(volunteer: Volunteer, stage: str) -> str:
    target = dict(Stage.choices).get(stage, "…")
    return f"Von „{volunteer.get_stage_display()}“ geht es nicht zu „{target}“."


def persons(count: int) -> str:
    return f"{count} {'Person' if count == 1 else 'Personen'}"


def hidden(form: LetterForm) -> list[tuple[str, str]]:
    """What was written, for the way through the preview."""
    return [(name, form.data.get(name, "")) for name in form.fields if form.data.get(name)]


def letter_number(text: str | None) -> uuid.UUID:
    """Of this letter, from its preview; whoever has none of it gets a new one and no double."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return uuid.uuid4()
