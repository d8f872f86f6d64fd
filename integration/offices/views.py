from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.generic import ListView

from portal import files
from portal.views import ContentDetail, published_only, published_or_404

from .models import Meeting, Office, Task


class OfficeList(ListView):
    template_name = "offices/office_list.html"

    def get_queryset(self):
        return Office.objects.published().defer("body")


class OfficeDetail(ContentDetail):
    model = Office

    def get_queryset(self):
        # A list of duties becomes a table of evidence: what of it is public stands beside each task.
        evidence = [published_only(Task, name) for name in ("projects", "publications", "events")]
        return (
            super()
            .get_queryset()
            .select_related("picture")
            .prefetch_related(
                published_only(Office, "parent"),
                published_only(Office, "children"),
                Prefetch("tasks", Task.objects.prefetch_related(*evidence)),
                Prefetch("working_groups__meetings", Meeting.objects.filter(starts_at__gte=timezone.now())),
                "topics",
                "contacts",
                "diagrams",
                "links",
            )
        )


@require_safe
def diagram(request, slug, pk):
    found = get_object_or_404(published_or_404(Office, slug).diagrams, pk=pk)
    return files.serve(request, found.image.name)


@require_safe
def short(request, kind):
    """/de/koordinierungsstelle/ is what people say on the phone."""
    office = Office.objects.published().filter(kind=kind).first()
    if not office:
        raise Http404(f"No office of the kind {kind}")
    return redirect(office)
