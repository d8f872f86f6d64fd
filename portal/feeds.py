import re

from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape

# Signs that come along when texts are pasted, and that XML cannot hold.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class ContentFeed(Feed):
    """Published contents for feed readers; `item_text` is their plain text."""

    feed_type = Atom1Feed

    def item_title(self, item):
        return CONTROL.sub("", item.title)

    def item_description(self, item):
        return escape(CONTROL.sub("", self.item_text(item)))

    def item_pubdate(self, item):
        return item.publish_from or item.created

    def item_updateddate(self, item):
        return item.modified
