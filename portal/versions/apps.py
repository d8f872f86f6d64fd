from django.apps import AppConfig


class VersionsConfig(AppConfig):
    name = "portal.versions"
    label = "versions"
    verbose_name = "Protokoll"
    each_day = ("forget_versions",)

    def ready(self):
        from . import audit, kinds, recording

        kinds.register()
        recording.connect()
        audit.connect()
