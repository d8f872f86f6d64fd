from functools import partial

from django.apps import apps
from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from . import navigation
from .models import Content, SiteProfile


class PortalSitemap(Sitemap):
    i18n = True
    alternates = True
    x_default = True

    def shown_languages(self):
        return SiteProfile.current().shown_languages()


class ContentSitemap(PortalSitemap):
    """Published contents of one model, each in the languages it exists in."""

    def __init__(self, model):
        self.model = model
        self.shown = []

    def items(self):
        self.shown = self.shown_languages()
        return self.model.objects.listed().order_by("pk")

    def get_languages_for_item(self, item):
        return [code for code in item.languages_available() if code in self.shown]

    def lastmod(self, item):
        return item.modified


class FixedSitemap(PortalSitemap):
    """Pages that are there without anybody writing them."""

    NAMES = ("home", "legal_notice", "privacy", "accessibility", "report_barrier")

    def items(self):
        self.shown = self.shown_languages()
        return [*self.NAMES, *(section.url_name for section in navigation.profile_and_sections()[1])]

    def get_languages_for_item(self, item):
        return self.shown

    def location(self, item):
        return reverse(item)


SITEMAPS = {
    "fixed": FixedSitemap,
    **{
        model._meta.label_lower: partial(ContentSitemap, model)
        for model in apps.get_models()
        if issubclass(model, Content) and hasattr(model, "get_absolute_url")
    },
}
