from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "portal.search"
    label = "search"
    verbose_name = "Suche"

    def ready(self):
        from . import index

        index.connect()
