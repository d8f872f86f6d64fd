from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "portal.limits"
    label = "limits"
    verbose_name = "Grenzen"
    not_public = "all"
    each_day = ("forget_tallies",)
