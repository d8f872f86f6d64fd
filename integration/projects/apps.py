from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.navigation import Section


class ProjectsConfig(AppConfig):
    name = "integration.projects"
    label = "projects"
    verbose_name = "Projekte"
    section = Section(_("Projekte"), "projects:list", model="Project", order=20)
