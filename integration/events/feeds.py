from django.urls import reverse
from django.utils.translation import gettext as _

from portal.feeds import ContentFeed

from .models import Event


class EventFeed(ContentFeed):
    def title(self):
        return _("Nächste Veranstaltungen")

    def link(self):
        return reverse("events:list")

    def items(self):
        return Event.objects.published().upcoming()[:30]

    def item_text(self, event):
        return event.lead


feed = EventFeed()
