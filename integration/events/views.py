from django.http import HttpResponse
from django.views.decorators.http import require_safe
from django.views.generic import ListView

from portal.views import ContentDetail, published_only, published_or_404

from . import calendars
from .models import Event


class EventList(ListView):
    """What comes next; below it, on pages of their own, what has been."""

    template_name = "events/event_list.html"
    paginate_by = 30
    past = False

    def get_queryset(self):
        rows = Event.objects.published().defer("body")
        return rows.past() if self.past else rows.upcoming()


class EventDetail(ContentDetail):
    model = Event

    def get_queryset(self):
        return (
            super().get_queryset().select_related("picture").prefetch_related(published_only(Event, "office"), "topics")
        )


@require_safe
def ics(request, slug):
    event = published_or_404(Event, slug)
    return calendar_response(calendars.calendar(request, [event]), slug)


@require_safe
def ics_feed(request):
    """To subscribe to: what is to come, and the last weeks so that a phone forgets nothing too soon."""
    return calendar_response(calendars.calendar(request, calendars.recent(Event.objects.published())), "kalender")


def calendar_response(content, name):
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}.ics"'
    return response
