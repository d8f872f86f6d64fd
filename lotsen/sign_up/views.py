"""What the public sees of the volunteers, and how somebody becomes one."""

import logging

from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import DetailView

from integration.events.models import Event
from portal.forms import form_page
from portal.page_cache.kept import kept
from portal.private_links import for_its_reader_only, without_key
from portal.views import published_only

from .. import confirmation, notices
from ..models import AssistanceRequest, KindOfHelp, LotsenPage, LotsenSettings, Person
from . import own, saving
from .forms import SignUpForm

logger = logging.getLogger("portal")


class PublicPage(DetailView):
    """`preview` shows a draft too; only the admin asks for it."""

    preview = False
    template_name = "lotsen/page.html"
    context_object_name = "page"

    def get_object(self, queryset=None):
        rows = LotsenPage.objects.all() if self.preview else LotsenPage.objects.published()
        page = rows.prefetch_related("voices", published_only(LotsenPage, "office")).first()
        if page is None:
            raise Http404("The page is not published")
        return page

    def get_context_data(self, **kwargs):
        office = self.object.office
        events = Event.objects.published().upcoming().filter(office=office).defer("body") if office else ()
        return super().get_context_data(
            kinds=KindOfHelp.objects.filter(offered=True),
            events=events[:3],
            rules=LotsenSettings.current(),
            contact=office or self.request.shell[0],
            **kwargs,
        )


def published_page() -> LotsenPage | None:
    return LotsenPage.objects.published().prefetch_related(published_only(LotsenPage, "office")).first()


def contact_of_page(request):
    """Where to call; without a published page there is nothing to sign up for."""
    page = kept(request, "lotsen page", published_page)
    if page is None:
        raise Http404("The page is not published")
    return page.office or request.shell[0]


# Signing up -------------------------------------------------------------------------------------------


@csrf_exempt  # no session whose power could be misused, and so no cookie; the signed stamp does the rest
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request):
    """Fill in, look over, send. Between the steps all of it is in the page and nothing of it here."""
    context = {"contact": contact_of_page(request)}
    sent = request.POST if request.method == "POST" else None
    rules = context["rules"] = kept(request, "lotsen rules", LotsenSettings.current)
    if not rules.sign_up_open:
        return render(request, "lotsen/closed.html", context, status=403 if sent else 200)
    step = request.POST.get("step", "review")
    options = {"request": request, "site": request.shell[0], "rules": rules}
    if sent and step in {"change", "more"}:
        context["form"] = SignUpForm.unfinished(sent, more_rows=step == "more", **options)
        return form_page(request, "lotsen/sign_up.html", context)
    form = context["form"] = SignUpForm(sent, last_step=step == "send", **options)
    if not sent or not form.is_valid():
        return form_page(request, "lotsen/sign_up.html", context)
    if step != "send":
        return form_page(request, "lotsen/sign_up_review.html", context)
    try:
        saving.save(form)
    except (OperationalError, InterfaceError) as error:
        logger.error("A sign-up could not be saved: %s", type(error).__name__)
        if not connection.is_usable():
            connection.close()  # the page below asks again
        response = form_page(request, "lotsen/sign_up_review.html", {**context, "not_saved": True}, status=503)
        response["Retry-After"] = "60"
        return response
    return redirect("lotsen:thanks")


@require_safe
def thanks(request):
    """The same for everybody, known or not; nothing of the person is in its address."""
    return render(request, "lotsen/thanks.html", {"contact": contact_of_page(request), "hours": confirmation.HOURS})


@require_safe
def notice(request, purpose):
    return render(request, "lotsen/notice_page.html", {"notice": notices.notice(purpose), "purpose": purpose})


# Links in mails ---------------------------------------------------------------------------------------


@csrf_exempt  # the link is the right to confirm; there is no session whose power could be misused
@for_its_reader_only
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, token):
    """Looking at it does nothing: mail scanners open every link before anybody reads the mail."""
    person = confirmation.find(token)
    if "renew" in request.POST:
        confirmation.renew(token)
        return answer(request, "renewed", person)
    if person is None:
        return answer(request, "unknown", person, 410)
    if person.confirmed_at:
        return answer(request, "already", person)
    if confirmation.is_expired(person):
        return answer(request, "expired" if confirmation.may_renew(person) else "unknown", person, 410)
    if request.method != "POST":
        return answer(request, "open", person)
    with transaction.atomic():
        saving.one_at_a_time()
        first = confirmation.confirm(person)
        if first:
            arrived(person)
    return answer(request, "confirmed" if first else "already", person)


def arrived(person: Person) -> None:
    if isinstance(person, AssistanceRequest):
        from ..company import arrival

        arrival.arrived(person)
    else:
        saving.confirmed(person)


def answer(request, state, person, status=200):
    context = {
        "state": state,
        "is_request": isinstance(person, AssistanceRequest),
        "days": LotsenSettings.current().answer_days,
        "page_path": without_key(request),
    }
    return render(request, "lotsen/confirmation.html", context, status=status)


@csrf_exempt
@for_its_reader_only
@require_http_methods(["GET", "HEAD", "POST"])
def own_page(request, signed):
    volunteer = own.follow(signed)
    context = {"page_path": without_key(request)}
    if volunteer is None:
        return render(request, "lotsen/own_unknown.html", context, status=410)
    if request.method == "POST":
        if "withdraw" in request.POST:
            own.withdraw(volunteer, request.POST["withdraw"])
        elif "erase" in request.POST:
            own.wish_to_go(volunteer)
        return redirect(request.path)
    context |= {
        "volunteer": volunteer,
        "stage": own.STAGES[volunteer.stage],
        "consents": volunteer.consents.select_related("text"),
        "wants_to_go": own.wants_to_go(volunteer),
        "rules": LotsenSettings.current(),
    }
    return render(request, "lotsen/own.html", context)
