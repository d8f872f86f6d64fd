from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "portal.search"
    label = "search"
    verbose_name = "Suche"
    each_day = ("mend_search",)
    not_backed_up = ("search_searchentry", "search_searchword")  # made anew from the contents

    def ready(self):
        from . import index

        index.connect()
