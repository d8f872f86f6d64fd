from django.urls import reverse
from django.utils.translation import gettext as _

from portal.feeds import ContentFeed

from .models import Publication


class PublicationFeed(ContentFeed):
    def title(self):
        return _("Neue Veröffentlichungen")

    def link(self):
        return reverse("publications:list")

    def items(self):
        return Publication.objects.published().order_by("-created", "-pk")[:30]

    def item_text(self, publication):
        return publication.summary


feed = PublicationFeed()
