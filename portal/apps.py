from functools import cache

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.db.models.signals import post_migrate
from modeltranslation.apps import ModeltranslationConfig
from post_office.apps import PostOfficeConfig


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"
    to_do = ("portal.upkeep.site.lines",)
    not_public = ("BarrierReport",)

    def ready(self):
        from . import checks  # noqa: F401  registers itself
        from .groups import grant_permissions
        from .home import arrange_home

        # After each migration rather than in one: a new feature's permissions are granted by themselves.
        post_migrate.connect(grant_permissions, dispatch_uid="portal.groups")
        post_migrate.connect(arrange_home, sender=self, dispatch_uid="portal.home")


class ColumnsConfig(ModeltranslationConfig):
    """A column for each language."""

    def ready(self):
        from modeltranslation import fields

        # A class for each kind of column, not for each column: 1,200 of them take 3 MB and a tenth of a second.
        fields.field_factory = cache(fields.field_factory)
        super().ready()


class PortalAdminConfig(SimpleAdminConfig):
    """The site loads what the apps register by itself, and only when somebody wants to know it."""

    default_site = "portal.admin_site.PortalAdminSite"

    def ready(self):
        super().ready()
        # Now, before there are threads: Django makes the site when somebody asks for it, and for two at once it makes two.
        str(admin.site.name)


class MailConfig(PostOfficeConfig):
    verbose_name = "Versandte E-Mails"
