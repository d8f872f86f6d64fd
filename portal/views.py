import logging
from datetime import UTC, timedelta

from django.contrib.admin.views.decorators import staff_member_required
from django.db.models import Prefetch
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.generic import DetailView

from . import files, outbox, style
from .forms import BarrierReportForm, form_page
from .middleware import preferred_language
from .models import AccessibilityStatement, BarrierReport, HomeBlock, Notice, OldAddress, Page, SiteProfile, TopTask
from .page_cache.kept import kept

logger = logging.getLogger("portal")


def choose_language(request):
    """The bare address leads to the reader's language."""
    return HttpResponseRedirect(f"/{preferred_language(request, request.shell[0].shown_languages())}/")


@require_safe
def home(request):
    notices = list(Notice.objects.published())
    context = {
        "parts": HomeBlock.objects.filter(shown=True),
        "tasks": TopTask.objects.all(),
        # What is dangerous comes first, all else after what people came for.
        "urgent": [notice for notice in notices if notice.level == Notice.Level.DANGER],
        "notices": [notice for notice in notices if notice.level != Notice.Level.DANGER],
    }
    return render(request, "portal/home.html", context)


def published_or_404(model, slug):
    """The published content of that slug, or the one that had it once: old addresses go on working."""
    published = model.objects.published()
    former = OldAddress.objects.filter(kind=model._meta.label_lower, slug=slug).values("content_id")
    content = published.filter(slug=slug).first() or published.filter(pk__in=former).first()
    if content is None:
        raise Http404(f"No published {model._meta.label} has or had this address")
    return content


def published_only(model, name):
    """For prefetch_related(): what `name` of the model points to, as far as it is public."""
    return Prefetch(name, model._meta.get_field(name).related_model.objects.published())


class ContentDetail(DetailView):
    """The page of one published content. `preview` shows a draft too; only the admin asks for it."""

    preview = False

    def get_queryset(self):
        return self.model.objects.all() if self.preview else self.model.objects.published()

    def get_object(self, queryset=None):
        # To put the query together takes longer than to ask it.
        asks = kept(self.request, (type(self), self.preview, get_language()), self.get_queryset)
        return super().get_object(asks)

    def get(self, request, *args, **kwargs):
        try:
            return super().get(request, *args, **kwargs)
        except Http404:
            return redirect(published_or_404(self.model, kwargs["slug"]), permanent=True)


class PageDetail(ContentDetail):
    model = Page
    template_name = "portal/page.html"

    def get_queryset(self):
        grandparent = Prefetch("parent__parent", Page.objects.published())
        rows = super().get_queryset().select_related("picture")
        return rows.prefetch_related(published_only(Page, "parent"), grandparent, "sections")

    def get_object(self, queryset=None):
        # It has the texts of all languages, and so is the same for all of their readers.
        return kept(self.request, ("page", self.preview, self.kwargs["slug"]), super().get_object)

    def get_context_data(self, **kwargs):
        page = self.object
        below = ("below", page.pk)
        children = kept(self.request, below, lambda: list(page.children.published().defer("body")))
        return super().get_context_data(children=children, **kwargs)


@require_safe
def legal_notice(request):
    return render(request, "portal/legal_notice.html")


@require_safe
def privacy(request):
    return render(request, "portal/privacy.html")


@require_safe
def accessibility(request):
    statement = AccessibilityStatement.objects.published().prefetch_related("issues").first()
    groups = {}
    for issue in statement.issues.all() if statement else ():
        groups.setdefault(issue.group, []).append(issue)
    return render(request, "portal/accessibility.html", {"statement": statement, "groups": groups})


@csrf_exempt  # no session whose power could be misused, and so no cookie; the signed stamp does the rest
@require_http_methods(["GET", "HEAD", "POST"])
def report_barrier(request):
    form = BarrierReportForm(
        request.POST if request.method == "POST" else None,
        request=request,
        initial={"page": request.GET.get("seite", "").replace("\0", "")[:500]},
    )
    if request.method == "POST" and form.is_valid():
        report, new = BarrierReport.objects.get_or_create(
            id=form.report_id(), defaults={**form.report(), "language": get_language()}
        )
        if new:
            tell_staff(report)
        return redirect("report_thanks", report.reference)
    return form_page(request, "portal/report_barrier.html", {"form": form})


def tell_staff(report):
    """Queues a mail for the office. The report is safe already, so a failure here must not reach its author."""
    profile = SiteProfile.current()
    if not profile.email:
        return
    try:
        outbox.queue(
            profile.email,
            f"Barriere gemeldet: {report.reference}",
            (
                f"Im Portal wurde eine Barriere gemeldet ({report.reference}).\n"
                f"Antwort bis: {report.due_on:%d.%m.%Y}\n\n"
                "Die Meldung steht in der Verwaltung unter „Gemeldete Barrieren“."
            ),
        )
    except Exception:
        logger.exception("The mail about barrier report %s could not be queued", report.reference)


@require_safe
def report_thanks(request, reference):
    return render(request, "portal/report_thanks.html", {"reference": reference})


# Files ----------------------------------------------------------------------------------------------


@require_safe
def logo(request):
    profile = request.shell[0]
    if not profile.logo:
        raise Http404("No logo")
    response = files.serve(request, profile.logo.name)
    if request.META["QUERY_STRING"] == profile.logo_version:
        response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@require_safe
def stylesheet(request):
    """The style sheet with the county's colour, as one file: it is the page's only further request."""
    colour = request.shell[0].colour
    response = HttpResponse(style.css(colour), content_type="text/css; charset=utf-8")
    current = request.META["QUERY_STRING"] == style.version(colour)
    response["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    return response


@staff_member_required
@require_safe
def uploaded(request, path):
    """What staff have uploaded, published or not: the link beside a file field, and a preview's pictures."""
    response = files.serve(request, path)
    response["Cache-Control"] = "private, no-store"
    return response


# For machines ---------------------------------------------------------------------------------------


@require_safe
def robots(request):
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {request.build_absolute_uri('/sitemap.xml')}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
def security_txt(request):
    """RFC 9116. The address for reports is the office's; without one there is nothing to say."""
    profile = request.shell[0]
    if not profile.email:
        raise Http404("No contact")
    expires = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=180)
    lines = [
        f"Contact: mailto:{profile.email}",
        f"Expires: {expires.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: de, en",
        f"Canonical: {request.build_absolute_uri('/.well-known/security.txt')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def healthz(request):
    """Is the process alive? Asks nothing else, so that a slow database does not get it restarted."""
    return JsonResponse({"status": "ok"})
