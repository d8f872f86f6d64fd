"""What `manage.py check --deploy` says besides what Django does."""

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register


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
