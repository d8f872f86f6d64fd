"""The pages on which an organization answers. Its signed link is all it needs: no account, no cookie, no script."""

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal import languages
from portal.private_links import for_its_reader_only, without_key

from .. import places
from ..models import Proposal, Service, ServiceCheck, VerificationRequest
from . import facts, verification

HINTS = {
    "hours": _("Eine Zeile je Zeit, zum Beispiel „Mo–Fr 9:00–12:00“ oder „1. Mi im Monat 14:00–16:00“."),
    "contacts": _("Zwischen zwei Kontakte gehört eine leere Zeile. Namen nur mit Einverständnis der Person."),
    "languages": _("Zum Beispiel „Arabisch, Türkisch (dienstags)“."),
    "address": _("Straße und Hausnummer in die erste Zeile, PLZ und Ort in die letzte."),
    "documents": _("Je Zeile eines."),
}
ONE_LINE = {"title", "lead", "alert", "url", "booking_url"}


class AnswerForm(forms.Form):
    """What an organization says of one service. Beside each text goes the one it has seen: only what differs is meant."""

    outcome = forms.ChoiceField(choices=ServiceCheck.Outcome, widget=forms.RadioSelect, required=False)
    comment = forms.CharField(
        label=_("Was sollten wir noch wissen?"),
        required=False,
        max_length=facts.MAX_LENGTH["comment"],
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, service: Service, check: ServiceCheck | None, data=None):
        self.proposals = check.open_proposals if check else []
        self.pending = {fact_key(proposal): proposal.new for proposal in self.proposals}
        initial = {"outcome": check.outcome if check else "", "comment": self.pending.get("comment", "")}
        super().__init__(data, prefix=f"a{service.pk}", initial=initial)
        self.service, self.check = service, check
        self.facts = facts.of(service)
        for fact in self.facts:
            self.fields[fact.key] = text_field(fact, initial=self.pending.get(fact.key, fact.text))

    def seen(self, fact: facts.Fact) -> str:
        """The text that stood there when the form was shown; it may be another by now."""
        if not self.is_bound:
            return fact.text
        sent = self.data.get(f"{self.prefix}-seen-{fact.key}", fact.text)
        return facts.tidy(sent.replace("\0", ""))[: 2 * facts.max_length(fact.name)]

    @property
    def shown(self) -> list[Proposal]:
        """What the page says of earlier answers. A colleague may have sent something since."""
        if self.is_bound:
            sent = self.data.get(f"{self.prefix}-shown", "").split(",")
            return [proposal for proposal in self.proposals if str(proposal.pk) in sent]
        return [
            proposal
            for proposal in self.proposals
            if proposal.field != "comment" or proposal.new == self.pending["comment"]
        ]

    def inputs(self) -> list[tuple[forms.BoundField, str, str]]:
        """Each field, and name and text of the hidden one beside it."""
        return [(self[fact.key], f"{self.prefix}-seen-{fact.key}", self.seen(fact)) for fact in self.facts]

    @cached_property
    def changes(self) -> list[tuple[facts.Fact, str, str]]:
        found = []
        for fact in self.facts:
            sent, old = self.data.get(self.add_prefix(fact.key)), self.seen(fact)
            new = self.cleaned_data.get(fact.key)
            if sent is not None and new is not None and old not in {facts.tidy(sent), new}:
                found.append((fact, old, new))
        return found

    @property
    def further(self):
        return facts.further(self.service)

    @property
    def is_unfolded(self) -> bool:
        """Are there mistakes or changes in the fields that fold away?"""
        return bool(self.errors.keys() - {"outcome", "comment"} or self.pending.keys() - {"comment"})

    @property
    def is_answered(self) -> bool:
        return bool(self.cleaned_data.get("outcome") or self.cleaned_data.get("comment") or self.changes)

    def clean(self):
        data = super().clean()
        for fact in self.facts:
            if isinstance(data.get(fact.key), str):
                data[fact.key] = facts.tidy(data[fact.key])
        for fact, _old, new in self.changes:
            try:
                facts.check(fact.name, new)
            except ValidationError as error:
                self.add_error(fact.key, error)
        Outcome = ServiceCheck.Outcome
        outcome = data.get("outcome")
        touched = any(new != self.pending.get(fact.key) for fact, _old, new in self.changes)
        if outcome in {Outcome.CONFIRMED, Outcome.GONE} and touched:
            self.add_error(
                "outcome", _("Sie haben unten etwas geändert. Bitte wählen Sie dann „Es hat sich etwas geändert“.")
            )
        others = [proposal for proposal in self.proposals if proposal not in self.shown and proposal.field != "comment"]
        if outcome == Outcome.CONFIRMED and others:
            self.add_error(
                "outcome",
                _(
                    "Inzwischen hat jemand anderes für Sie eine Änderung geschickt. Bitte öffnen Sie den Link aus der "
                    "E-Mail noch einmal und sehen Sie sie an."
                ),
            )
        if outcome == Outcome.CHANGED and not self.errors and not self.changes and not data.get("comment"):
            self.add_error("outcome", _("Was hat sich geändert? Bitte schreiben Sie es in die Felder darunter."))
        return data

    def answer(self) -> verification.Answer:
        Outcome = ServiceCheck.Outcome
        outcome = self.cleaned_data["outcome"] or Outcome.CHANGED
        changes = []
        if outcome == Outcome.CHANGED:
            changes = [(fact.name, fact.at, old, new) for fact, old, new in self.changes]
        elif outcome == Outcome.GONE:
            changes = [("availability", None, self.service.availability, Service.Availability.DEFUNCT)]
        if comment := self.cleaned_data["comment"]:
            changes.append(("comment", None, "", comment))
        return verification.Answer(self.service, outcome, changes, self.shown)


def fact_key(proposal: Proposal) -> str:
    return f"{proposal.field}-{proposal.at_id}" if proposal.at_id else proposal.field


def text_field(fact: facts.Fact, initial: str) -> forms.Field:
    common = {"label": fact.label, "initial": initial, "required": False, "help_text": HINTS.get(fact.name, "")}
    if fact.name == "availability":
        return forms.ChoiceField(choices=facts.AVAILABILITY, **common)
    if fact.name in {"url", "booking_url"}:
        return forms.URLField(widget=forms.URLInput(attrs={"dir": "ltr"}), **common)
    attrs = {"lang": languages.SOURCE, "dir": "auto"}
    if fact.name in ONE_LINE:
        widget = forms.TextInput(attrs=attrs)
    else:
        widget = forms.Textarea(attrs={**attrs, "rows": min(max(initial.count("\n") + 1 + len(initial) // 70, 2), 10)})
    return forms.CharField(widget=widget, **common)  # too long is only what is changed: facts.check()


# Views ------------------------------------------------------------------------------------------------


@csrf_exempt  # the link is the right to answer; there is no session whose power could be misused, and so no cookie
@for_its_reader_only
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request, token):
    try:
        asked, expired = verification.follow(token)
    except signing.BadSignature:
        return closed(request, "invalid", 403)
    if expired:
        if request.method != "POST":
            return closed(request, "expired", 410)
        verification.renew(asked)
        return closed(request, "renewed", 200)
    if asked is None or asked.outcome == VerificationRequest.Outcome.WITHDRAWN:
        return closed(request, "withdrawn", 410)
    answers = [
        AnswerForm(service, check, request.POST if request.method == "POST" else None)
        for service, check in to_check(asked)
    ]
    if request.method == "POST":
        # Not all(): each form is to show its own mistakes.
        valid = [form.is_valid() for form in answers]
        given = [form.answer() for form in answers if form.is_valid() and form.is_answered]
        if all(valid) and given:
            if not verification.record(asked, given):
                return closed(request, "withdrawn", 410)
            return redirect(request.path)
    context = {
        "asked": asked,
        "answers": answers,
        "nothing_said": request.method == "POST" and not any(form.errors for form in answers),
        "has_errors": request.method == "POST",
        "page_path": without_key(request),
    }
    return render(request, "wegweiser/verification.html", context, status=400 if request.method == "POST" else 200)


def closed(request, why, status):
    context = {"why": why, "page_path": without_key(request)}
    return render(request, "wegweiser/verification_closed.html", context, status=status)


def to_check(asked: VerificationRequest) -> list[tuple[Service, ServiceCheck | None]]:
    """The organization's public services, those it has been asked about first."""
    with translation.override(languages.SOURCE):
        pending = Prefetch(
            "proposals",
            Proposal.objects.filter(state=Proposal.State.OPEN).select_related("at__location"),
            to_attr="open_proposals",
        )
        decided = Prefetch(
            "proposals",
            Proposal.objects.exclude(state=Proposal.State.OPEN).select_related("at__location"),
            to_attr="decided_proposals",
        )
        checks = {check.service_id: check for check in asked.checks.prefetch_related(pending, decided)}
        services = (
            Service.objects.published()
            .filter(organization=asked.organization)
            .select_related("organization", "programme")
            .prefetch_related(*places.EVERYTHING)
        )
        return sorted(((service, checks.get(service.pk)) for service in services), key=lambda pair: pair[1] is None)
