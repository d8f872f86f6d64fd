from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from portal.navigation import Section


class EventsConfig(AppConfig):
    name = "integration.events"
    label = "events"
    verbose_name = "Veranstaltungen"
    section = Section(_("Veranstaltungen"), "events:list", model="Event", order=40)
