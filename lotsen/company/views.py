"""The public pages of requests. Those with a key in their address need no account, no cookie and no script."""

import logging

from django.core import signing
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from portal.forms import form_page
from portal.private_links import for_its_reader_only, without_key

from .. import confirmation, notices
from ..models import Assignment, AssistanceRequest, LotsenPage, LotsenSettings
from . import asking, links, steps
from .forms import ReportForm, RequestForm

logger = logging.getLogger("portal")

Answer, Asked = Assignment.Status, AssistanceRequest.Status


# Asking -----------------------------------------------------------------------------------------------


@csrf_exempt  # as for barrier reports: no session to misuse, and so no cookie
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request):
    if not asking.is_possible():
        raise Http404("Nobody may ask here")
    notice = notices.notice(notices.Purpose.REQUEST)
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        request=request,
        rules=LotsenSettings.current(),
        shown=notices.digest(notice),
        initial={"destination": request.GET.get("ziel", "")},
    )
    status = None
    if request.method == "POST" and form.is_valid():
        try:
            asking.receive(form.asked(), notice)
        except (DatabaseError, InterfaceError) as error:
            # What a database says of a row would be about a person.
            logger.error("A request for company could not be kept: %s", type(error).__name__)
            form.add_error(None, _("Das hat nicht geklappt, und wir haben nichts gespeichert. Bitte senden Sie das Formular in ein paar Minuten noch einmal ab oder rufen Sie uns an."))  # fmt: skip
            close_old_connections()
            status = 503
        else:
            return redirect("lotsen:asked")
    context = {"form": form, "notice": notice, "page": LotsenPage.objects.published().first()}
    return form_page(request, "lotsen/company/ask.html", context, status)


@require_safe
def asked(request):
    """The same for everybody, whatever is known of an address."""
    return render(request, "lotsen/company/asked.html", {"hours": confirmation.HOURS})


# Who is asked to go -------------------------------------------------------------------------------------


@csrf_exempt  # the link is the right to answer
@for_its_reader_only
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request, token):
    try:
        assignment = links.invitation(token)
    except signing.BadSignature:
        return closed(request, "invalid", 403)
    if why := why_closed(assignment):
        return closed(request, why, 410)
    report = ReportForm(request.POST if request.POST.get("answer") == "report" else None)
    overlap = False
    if request.method == "POST":
        try:
            if take_answer(assignment, request.POST.get("answer", ""), report):
                return redirect(request.path)
        except steps.NotPossible as reason:
            if reason.why != "overlap":
                # Somebody was quicker; and what has become of it is told by the page itself.
                why = why_closed(links.invitation(token)) or (reason.why if reason.why in CLOSED else "")
                return closed(request, why, 410) if why else redirect(request.path)
            overlap = True
    started = assignment.request.starts_at <= timezone.now()
    context = {
        "assignment": assignment,
        "asked": assignment.request,
        "started": started,
        "may_accept": not started and assignment.request.status in steps.LOOKING,
        "form": report,
        "overlap": overlap,
        "page_path": without_key(request),
    }
    status = 200 if request.method != "POST" else 409 if overlap else 400
    return render(request, "lotsen/company/invitation.html", context, status=status)


CLOSED = {"invalid", "expired", "taken", "over", "gone"}


def why_closed(assignment: Assignment | None) -> str:
    """Why there is nothing to see behind a link that once was one."""
    if assignment is None or assignment.volunteer is None or assignment.volunteer.restricted:
        return "gone"
    asked, status = assignment.request, assignment.status
    if assignment.volunteer.stage in steps.GONE and status not in {Answer.ACCEPTED, Answer.DONE}:
        return "gone"
    if status == Answer.INVITED:
        if asked.status not in steps.LOOKING or asked.starts_at <= timezone.now():
            return "over"
        return "" if steps.is_waiting(assignment) else "expired"
    if status == Answer.WITHDRAWN:
        return "taken" if asked.status in {Asked.MATCHED, Asked.DONE, Asked.NO_SHOW} else "over"
    return ""


def take_answer(assignment: Assignment, answer: str, report: ReportForm) -> bool:
    """True when it is done; nothing is done for a button that is not there."""
    if answer == "yes":
        steps.accept(assignment)
    elif answer == "no":
        steps.decline(assignment)
    elif answer == "cancel":
        steps.give_back(assignment)
    elif answer == "report" and report.is_valid():
        steps.report(assignment, **report.said())
    else:
        return False
    return True


# Who has asked ------------------------------------------------------------------------------------------


@csrf_exempt
@for_its_reader_only
@require_http_methods(["GET", "HEAD", "POST"])
def my_request(request, token):
    try:
        asked = links.request(token)
    except signing.BadSignature:
        return closed(request, "invalid", 403)
    if asked is None:
        return closed(request, "gone", 410)
    if request.method == "POST":
        step = {"cancel": steps.cancel, "nobody": steps.nobody_came}.get(request.POST.get("answer"))
        try:
            if step:
                step(asked)
        except steps.NotPossible:
            pass  # it has become something else meanwhile; the page says what
        return redirect(request.path)
    going = asked.assignments.filter(status=Answer.ACCEPTED).select_related("volunteer").first()
    context = {
        "asked": asked,
        "volunteer": going.volunteer if going and asked.status == Asked.MATCHED else None,
        "started": asked.starts_at <= timezone.now(),
        "page_path": without_key(request),
    }
    return render(request, "lotsen/company/request.html", context)


def closed(request, why: str, status: int):
    context = {"why": why, "page_path": without_key(request)}
    return render(request, "lotsen/company/closed.html", context, status=status)
