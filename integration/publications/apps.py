from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.navigation import Section


class PublicationsConfig(AppConfig):
    name = "integration.publications"
    label = "publications"
    verbose_name = "Veröffentlichungen"
    section = Section(_("Veröffentlichungen"), "publications:list", model="Publication", order=30)
