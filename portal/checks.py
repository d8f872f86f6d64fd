"""What `manage.py check` and `check --deploy` say besides what Django does."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.urls import get_resolver

from . import on_demand


@register(Tags.urls)
def check_views(app_configs, **kwargs):
    """A reader must not be the first to learn that a view cannot be loaded."""
    on_demand.load(get_resolver().url_patterns)
    return []


@register(Tags.security, deploy=True)
def check_environment(app_configs, **kwargs):
    found = [Error(reason, id=f"portal.E{number:03}") for number, reason in enumerate(settings.UNSAFE, start=1)]
    if settings.DEBUG:
        return found  # Django says that already, and all the rest follows from it
    if not settings.PORTAL_URL.startswith("https://"):
        found.append(
            Warning("PORTAL_URL beginnt nicht mit https://. Links in E-Mails führen dorthin.", id="portal.W001")
        )
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        found.append(
            Warning("DEFAULT_FROM_EMAIL fehlt. Solche E-Mails nimmt kaum ein Mailserver an.", id="portal.W002")
        )
    return found
