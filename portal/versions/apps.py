from django.apps import AppConfig


class VersionsConfig(AppConfig):
    name = "portal.versions"
    label = "versions"
    verbose_name = "Protokoll"
    not_public = "all"
    each_day = ("forget_versions",)
    to_do = ("portal.versions.to_do.lines",)

    def ready(self):
        from . import audit, kinds, recording

        kinds.register()
        recording.connect()
        audit.connect()
