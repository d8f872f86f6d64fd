"""The site's sections. Each feature names its own in its AppConfig; nobody keeps a list of them."""

from dataclasses import dataclass

from django.apps import apps
from django.db.models import Exists
from django.utils.functional import Promise


@dataclass(frozen=True)
class Section:
    """An entry in the menu, there as soon as one `model` of the app is published."""

    title: Promise
    url_name: str
    model: str
    order: int


def sections():
    found = [(config, config.section) for config in apps.get_app_configs() if hasattr(config, "section")]
    return sorted(found, key=lambda pair: pair[1].order)


def profile_and_sections():
    """The site profile and the sections that have something to show, in one query."""
    from .models import SiteProfile  # AppConfigs import this module before models exist

    shown = {
        config.label: Exists(config.get_model(section.model).objects.published()) for config, section in sections()
    }
    profile = (
        SiteProfile.objects.select_related("land").annotate(**{f"has_{label}": e for label, e in shown.items()}).first()
    )
    if profile is None:
        return SiteProfile.current(), []
    return profile, [section for config, section in sections() if getattr(profile, f"has_{config.label}")]
