from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class PageCacheConfig(AppConfig):
    name = "portal.page_cache"
    label = "page_cache"
    verbose_name = "Seitenspeicher"
    not_public = "all"
    not_backed_up = ("page_cache_contentversion",)

    def ready(self):
        from . import triggers

        # Around each migration rather than in one: new features' tables are watched by themselves.
        pre_migrate.connect(triggers.take_down, sender=self, dispatch_uid="portal.page_cache.before")
        post_migrate.connect(triggers.set_up, sender=self, dispatch_uid="portal.page_cache.after")
