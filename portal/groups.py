"""Who may do what: two groups of staff, made with the database."""

from django.apps import apps
from django.contrib.auth.management import create_permissions

EDITORS = "Redaktion"
ADMINISTRATORS = "Administration"


def _is_ours(config):
    return config.name == "portal" or config.name.startswith("integration.")


def is_content(model):
    """What the office publishes. A model says so itself when it is something else: about persons, or settings."""
    return _is_ours(model._meta.app_config) and getattr(model, "is_content", True)


def grant_permissions(sender, using="default", **kwargs):
    """Gives both groups what they need in `sender`; takes nothing away that an office granted itself."""
    from django.contrib.auth.models import Group, Permission

    if not apps.is_installed("django.contrib.auth"):
        return
    create_permissions(sender, using=using, verbosity=0)
    editors, _ = Group.objects.using(using).get_or_create(name=EDITORS)
    administrators, _ = Group.objects.using(using).get_or_create(name=ADMINISTRATORS)
    permissions = Permission.objects.using(using).filter(content_type__app_label=sender.label)
    if sender.label == "auth":
        administrators.permissions.add(*permissions.filter(content_type__model__in=["user", "group"]))
    elif sender.label == "post_office":
        administrators.permissions.add(*permissions.filter(codename__in=["view_email", "change_email"]))
    elif _is_ours(sender):
        administrators.permissions.add(*permissions)
        for_editors = [
            model._meta.model_name
            for model in sender.get_models()
            if is_content(model) or getattr(model, "for_editors", False)
        ]
        editors.permissions.add(*permissions.filter(content_type__model__in=for_editors))
