from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "portal.upkeep"
    label = "upkeep"
    verbose_name = "Pflege"
    not_public = "all"
    to_do = ("portal.upkeep.contents.lines", "portal.upkeep.links.staff.lines")
    each_minute = ("check_links",)
    each_day = ("remind_reviews", "find_links")

    def ready(self):
        from .links import uses

        uses.connect()
