from django.apps import AppConfig


class LimitsConfig(AppConfig):
    name = "portal.limits"
    label = "limits"
    verbose_name = "Grenzen"
    not_public = "all"
    not_backed_up = ("limits_tally",)
    each_day = ("forget_tallies",)
