"""The coordination's side of requests: what there is, who could go, and every step on behalf of somebody who called."""

import re

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Prefetch, Q
from django.db.models.functions import Cast
from django.forms.models import model_to_dict
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.views.decorators.http import require_POST

from portal.admin import QuietSearch

from ..models import Assignment, AssistanceRequest, KindOfHelp
from ..office.rights import Rights
from . import matching, steps
from .forms import PlaceField, ReportForm, WorkForm

Asked, Answer = AssistanceRequest.Status, Assignment.Status


def without_report() -> Q:
    return Q(status=Asked.MATCHED, ends_at__lt=timezone.now())


def work(assignment: Assignment) -> str:
    hours = "–" if assignment.hours is None else number_format(assignment.hours)
    return f"{hours} Stunden, {'–' if assignment.kilometres is None else assignment.kilometres} km"


class StateFilter(admin.SimpleListFilter):
    """Without a choice: what is still to be done, or all that was searched for."""

    title = "Stand"
    parameter_name = "stand"

    def lookups(self, request, model_admin):
        return [
            ("suchen", "noch niemand gefunden"),
            ("bericht", "Bericht fehlt"),
            ("eingeschraenkt", "eingeschränkt"),
            *((status, status.label) for status in Asked if status not in AssistanceRequest.OPEN),
            ("alle", "alle"),
        ]

    def choices(self, changelist):
        first, *others = super().choices(changelist)
        yield {**first, "display": "offen"}
        yield from others

    def queryset(self, request, queryset):
        if self.value() is None:
            return queryset if "id__in" in request.GET else queryset.filter(status__in=AssistanceRequest.OPEN)
        conditions = {
            "suchen": Q(status__in=steps.LOOKING),
            "bericht": without_report(),
            "eingeschraenkt": Q(restricted=True),
            "alle": Q(),
        }
        return queryset.filter(conditions.get(self.value(), Q(status=self.value())))


class StaffRequestForm(forms.ModelForm):
    """By phone too: then nobody has to confirm anything."""

    destination = PlaceField(label="Ziel aus dem Wegweiser", empty_label="keines", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.destination_id:
            self.initial["destination"] = self.instance.destination
        if "destination" in self.fields:  # not there for who may only look
            self.fields["destination"].offer(self["destination"].value())
            self.fields["destination"].widget.attrs["class"] = "vTextField"  # no wider than the page
        if "kind" in self.fields:
            self.fields["kind"].queryset = KindOfHelp.objects.filter(Q(offered=True) | Q(pk=self.instance.kind_id))

    def clean(self):
        data = super().clean()
        begins = data.get("starts_at")
        if self.instance._state.adding and begins and begins <= timezone.now():
            self.add_error("starts_at", "Der Termin liegt in der Vergangenheit.")
        if not (data.get("destination") or data.get("place") or data.get("municipality")):
            self.add_error("place", "Bitte sagen, wohin es geht.")
        return data


@admin.register(AssistanceRequest)
class AssistanceRequestAdmin(Rights, QuietSearch, admin.ModelAdmin):
    handbook = "begleitung-vermitteln"
    form = StaffRequestForm
    list_display = ("when", "status", "who_asks", "language_needed", "where", "who_goes", "days_left")
    list_filter = (
        StateFilter,
        ("kind", admin.RelatedOnlyFieldListFilter),
        ("municipality", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("municipality", "destination__location", "kind")
    list_per_page = 50
    search_fields = ("institution", "place")
    search_help_text = "Einrichtung, Ort oder Nummer (A-2026-1A2B3C)"
    change_form_template = "admin/lotsen/company/request_form.html"
    fieldsets = [
        (
            "Termin",
            {
                "fields": [
                    ("starts_at", "ends_at"),
                    "kind",
                    "spoken",
                    "destination",
                    "place",
                    "municipality",
                    "note",
                ]
            },
        ),
        ("Wer fragt?", {"fields": ["institution", "name", ("email", "phone"), "language"]}),
        (
            "Datenschutz",
            {
                "classes": ["collapse"],
                "fields": [
                    "restricted",
                    "objection",
                    "keep_until",
                    "goes",
                    "created",
                    "confirmed_at",
                    "notice",
                ],
            },
        ),
    ]
    readonly_fields = ("goes", "created", "confirmed_at", "notice")

    def get_queryset(self, request):
        taken = Assignment.objects.filter(status__in=Assignment.TAKEN).select_related("volunteer")
        return super().get_queryset(request).prefetch_related(Prefetch("assignments", taken, to_attr="going"))

    def get_search_results(self, request, queryset, search_term):
        if found := re.fullmatch(r"A-\d{4}-([0-9A-F]{6})", search_term.strip().upper()):
            numbered = queryset.annotate(number=Cast("id", CharField()))
            return numbered.filter(number__startswith=found[1].lower()), False
        return super().get_search_results(request, queryset, search_term)

    # The list ---------------------------------------------------------------------------------------

    @admin.display(description="Termin", ordering="starts_at")
    def when(self, asked):
        return date_format(timezone.localtime(asked.starts_at), "D, j.n.Y H:i")

    @admin.display(description="wer fragt", ordering="institution")
    def who_asks(self, asked):
        return asked.institution or asked.name

    @admin.display(description="Sprache", ordering="spoken")
    def language_needed(self, asked):
        return asked.get_spoken_display()

    @admin.display(description="wohin", ordering="municipality")
    def where(self, asked):
        return asked.municipality or asked.place or None

    @admin.display(description="wer mitgeht")
    def who_goes(self, asked):
        return next((going.volunteer.name for going in asked.going if going.volunteer), None)

    @admin.display(description="noch", ordering="starts_at")
    def days_left(self, asked):
        days = (timezone.localtime(asked.starts_at).date() - timezone.localdate()).days
        return {0: "heute", 1: "1 Tag"}.get(days, f"{days} Tage" if days > 0 else "vorbei")

    # The form ---------------------------------------------------------------------------------------

    def save_model(self, request, asked, form, change):
        if not change:
            return super().save_model(request, asked, form, change)
        # Only what was changed: somebody may be accepting in this moment.
        fields = {name for name in form.changed_data if name in form.fields}
        asked.save(update_fields={*fields, "delete_after", "municipality"})
        if fields & {"starts_at", "ends_at", "destination", "place"}:
            self.tell_of_change(request, asked)
        return None

    def tell_of_change(self, request, asked):
        going = asked.accepted if asked.status == Asked.MATCHED else None
        if going is None or going.volunteer is None or asked.ends_at <= timezone.now():
            return
        if not self.ask_to_call(request, steps.changed(asked)):
            self.message_user(request, "Beide haben eine E-Mail mit dem neuen Termin bekommen.")
        if steps.is_elsewhere(going.volunteer, asked):
            text = "Achtung: Wer mitgeht, ist zu dieser Zeit schon mit jemand anderem unterwegs. Bitte rufen Sie an."
            self.message_user(request, text, "WARNING")

    def delete_model(self, request, asked):
        if asked.is_open and asked.starts_at > timezone.now():
            self.ask_to_call(request, steps.cancel(asked, by_staff=True))  # whoever counts on it is told
        super().delete_model(request, asked)

    # What can be done -------------------------------------------------------------------------------

    def get_urls(self):
        def view(function):
            return self.admin_site.admin_view(function)

        return [
            path("<uuid:pk>/begleitung/", view(self.match), name="lotsen_assistancerequest_match"),
            path("<uuid:pk>/schritt/", view(require_POST(self.step)), name="lotsen_assistancerequest_step"),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["assignments"] = obj.assignments.select_related("volunteer").order_by("status", "invited_at")
            context["now"] = timezone.now()
            context["started"] = obj.starts_at <= timezone.now()
            context["looking"] = obj.status in steps.LOOKING
            context["report"] = ReportForm()
            context["reported"] = next((row for row in context["assignments"] if row.status == Answer.DONE), None)
            if context["reported"]:
                context["correction"] = WorkForm(initial=model_to_dict(context["reported"]))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def found(self, request, pk) -> AssistanceRequest | None:
        asked = self.get_object(request, str(pk))
        if not self.has_change_permission(request, asked):
            raise PermissionDenied
        return asked

    def back(self, asked) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:lotsen_assistancerequest_change", args=[asked.pk]))

    def step(self, request, pk):
        """One button of the page: "cancel", or with whose invitation "accept-12"."""
        asked = self.found(request, pk)
        if asked is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        try:
            if done := self.take(request, asked):
                self.log_change(request, asked, done)
                self.message_user(request, f"{done}.")
        except steps.NotPossible as reason:
            self.message_user(request, str(reason), "ERROR")
        return self.back(asked)

    def take(self, request, asked) -> str:
        """What was done, without anybody's name: it goes into the history."""
        what, _dash, number = request.POST.get("step", "").partition("-")
        if what == "cancel":
            to_call = steps.cancel(asked, by_staff=True)
            return self.told(request, "Anfrage abgesagt", "alle Beteiligten haben eine E-Mail bekommen", to_call)
        if what == "give_up":
            to_call = steps.give_up(asked, by_staff=True)
            return self.told(request, "Ohne Begleitung geschlossen", "wer gefragt hat, weiß Bescheid", to_call)
        if what == "nobody_came":
            steps.nobody_came(asked, by_staff=True)
            return "Eingetragen: Die Begleitung ist nicht gekommen"
        assignment = self.chosen(asked, number)
        if assignment is None:
            self.message_user(request, "Diese Einladung gibt es nicht mehr.", "WARNING")
            return ""
        if what == "accept":
            return self.agreed(request, steps.accept(assignment, on_behalf=True))
        if what == "decline":
            steps.decline(assignment)
            return "Absage am Telefon eingetragen"
        if what == "give_back":
            self.ask_to_call(request, steps.give_back(assignment))
            return "Absage der Begleitung eingetragen, die Anfrage ist wieder offen"
        if what in {"report", "correct"}:
            form = ReportForm(request.POST) if what == "report" else WorkForm(request.POST)
            for error in (error for errors in form.errors.values() for error in errors):
                self.message_user(request, error, "ERROR")
            if form.is_valid() and what == "report":
                steps.report(assignment, **form.said(), by_staff=True)
                return "Bericht eingetragen"
            return self.correct(request, assignment, form) if form.is_valid() else ""
        return ""

    def agreed(self, request, to_call) -> str:
        return self.told(request, "Zusage am Telefon eingetragen", "beide haben die Kontaktdaten bekommen", to_call)

    def told(self, request, done, who_knows, to_call) -> str:
        """What was done; that everybody knows of it only where nobody has to be called."""
        return done if self.ask_to_call(request, to_call) else f"{done}, {who_knows}"

    def ask_to_call(self, request, persons) -> bool:
        if persons:
            names = ", ".join(f"{person.name} ({person.phone or person.reference})" for person in persons)
            self.message_user(request, f"Per E-Mail nicht erreichbar, bitte anrufen: {names}", "WARNING")
        return bool(persons)

    @transaction.atomic
    def correct(self, request, assignment, form) -> str:
        """Also the history of who went says so: the hours are hers."""
        steps.correct(assignment, **form.cleaned_data)
        now = Assignment.objects.select_related("volunteer").get(pk=assignment.pk)
        done = f"Bericht berichtigt: {work(now)} statt {work(assignment)}"
        if now.volunteer:
            LogEntry.objects.log_actions(request.user.pk, [now.volunteer], CHANGE, f"{assignment.request}: {done}")
        return done

    def chosen(self, asked, number):
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        return asked.assignments.filter(pk=number).first()

    # Who could go -----------------------------------------------------------------------------------

    def match(self, request, pk):
        """`ohne` names the filters the coordination looks past; who is invited is looked at once more."""
        asked = self.found(request, pk)
        if asked is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        proposal = matching.propose(asked, frozenset(request.GET.getlist("ohne")))
        if request.method == "POST":
            return self.invite(request, asked, proposal)
        counts = proposal.would_join()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Wer könnte mitgehen?",
            "original": asked,
            "asked": asked,
            "may_invite": asked.status in steps.LOOKING and asked.starts_at > timezone.now(),
            "candidates": proposal.candidates,
            "waiting": {Answer.INVITED, Answer.ACCEPTED, Answer.DONE, Answer.NO_SHOW},
            "answers": dict(Answer.choices),
            "filters": [
                (name, words, name in proposal.ignored, counts[name]) for name, words in matching.FILTERS.items()
            ],
            "left_out": [
                (words, rows)
                for name, words in (matching.FILTERS | matching.FIRM).items()
                if (rows := [(left.volunteer, left.why) for left in proposal.left_out if next(iter(left.why)) == name])
            ],
            "number_left_out": len(proposal.left_out),
        }
        return TemplateResponse(request, "admin/lotsen/company/match.html", context)

    def invite(self, request, asked, proposal):
        candidates = {str(candidate.volunteer.pk): candidate.volunteer for candidate in proposal.candidates}
        assigned = request.POST.get("assign")
        wanted = [assigned] if assigned else request.POST.getlist("volunteer")
        here = HttpResponseRedirect(request.get_full_path())
        if not wanted:
            self.message_user(request, "Bitte wählen Sie mindestens eine Person aus.", "WARNING")
            return here
        if missing := [number for number in wanted if number not in candidates]:
            text = (
                f"{len(missing)} von {len(wanted)} kommen inzwischen nicht mehr in Frage und wurden nicht eingeladen."
            )
            self.message_user(request, text, "WARNING")
        volunteers = [candidates[number] for number in dict.fromkeys(wanted) if number in candidates]
        try:
            if assigned and volunteers:
                done = self.agreed(request, steps.assign(asked, volunteers[0]))
            elif invited := steps.invite(asked, volunteers):
                done = f"Eingeladen: {len(invited)}"
                self.ask_to_call(request, [volunteer for volunteer in invited if not volunteer.email])
            else:
                self.message_user(request, "Niemand ist neu eingeladen.", "WARNING")
                return here
        except steps.NotPossible as reason:
            self.message_user(request, str(reason), "ERROR")
            return self.back(asked)
        self.log_change(request, asked, done)
        self.message_user(request, f"{done}.")
        return self.back(asked)
