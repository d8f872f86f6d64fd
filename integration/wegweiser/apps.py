from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.navigation import Section


class WegweiserConfig(AppConfig):
    name = "integration.wegweiser"
    label = "wegweiser"
    verbose_name = "Wegweiser"
    not_public = ("Suggestion", "VerificationRequest", "Proposal")
    section = Section(_("Wegweiser"), "wegweiser:list", model="Service", order=5)
    each_minute = ("make_booklets", "finish_imports")
    each_day = ("check_directory", "forget_verifiers")
    to_do = ("integration.wegweiser.checks.to_do.lines",)
    not_backed_up = ("booklets/", "import/")

    def ready(self):
        from . import upkeep

        upkeep.connect()
