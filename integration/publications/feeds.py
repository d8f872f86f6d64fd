from django.contrib.syndication.views import Feed
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from .models import Publication


class PublicationFeed(Feed):
    feed_type = Atom1Feed

    def title(self):
        return _("Neue Veröffentlichungen")

    def link(self):
        return reverse("publications:list")

    def items(self):
        return Publication.objects.published().order_by("-created")[:30]

    def item_title(self, item):
        return item.title

    def item_description(self, item):
        return item.summary

    def item_pubdate(self, item):
        return item.publish_from or item.created

    def item_updateddate(self, item):
        return item.modified
