from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"

    def ready(self):
        from .groups import grant_permissions

        # After each migration rather than in one: a new feature's permissions are granted by themselves.
        post_migrate.connect(grant_permissions, dispatch_uid="portal.groups")
