from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """How staff sign in: password, second factor, what a session may do, who may do what."""

    name = "portal.accounts"
    label = "accounts"
    verbose_name = "Anmeldung"
    not_public = "all"
    each_day = ("forget_failed_logins",)

    def ready(self):
        from . import throttling

        throttling.connect()
