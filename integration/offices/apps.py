from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.navigation import Section


class OfficesConfig(AppConfig):
    name = "integration.offices"
    label = "offices"
    verbose_name = "Stellen"
    section = Section(_("Stellen"), "offices:list", model="Office", order=10)
