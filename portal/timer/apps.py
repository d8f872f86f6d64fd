from django.apps import AppConfig


class TimerConfig(AppConfig):
    name = "portal.timer"
    label = "timer"
    verbose_name = "Zeitgeber"
    not_public = "all"
    to_do = ("portal.timer.state.lines",)
