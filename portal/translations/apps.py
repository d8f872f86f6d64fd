from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TranslationsConfig(AppConfig):
    name = "portal.translations"
    label = "translations"
    verbose_name = "Übersetzungen"
    not_public = ("Translator",)
    each_day = ("check_translations",)
    to_do = ("portal.translations.to_do.lines",)
    not_backed_up = ("translations/",)

    def ready(self):
        from . import states

        states.connect()
        post_migrate.connect(states.begin, sender=self, dispatch_uid="translations")
