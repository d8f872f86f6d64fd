from django.apps import AppConfig


class WagtailSiteConfig(AppConfig):
    name = "tests.bench.wagtail_site"
    label = "wagtail_site"
