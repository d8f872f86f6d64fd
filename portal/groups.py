"""Who may do what: the groups of staff, made with the database."""

from django.apps import apps
from django.contrib.auth.management import create_permissions

EDITORS = "Redaktion"
ADMINISTRATORS = "Administration"
COORDINATORS = "Ehrenamtskoordination"
TRANSLATORS = "Übersetzung"
PRIVATE_MAIL = "view_private_mail"


def is_ours(config):
    return config.name in {"portal", "portal.media", "lotsen"} or config.name.startswith("integration.")


def is_confidential(model):
    """What only the coordination of volunteers may see, not even who manages the portal."""
    return getattr(model, "for_coordinators", False)


def is_content(model):
    """What the office publishes. A model says so itself when it is something else: about persons, or settings."""
    return is_ours(model._meta.app_config) and getattr(model, "is_content", True)


def grant_permissions(sender, using="default", **kwargs):
    """Gives each group what they need in `sender`; takes nothing away that an office granted itself."""
    from django.contrib.auth.models import Group, Permission

    if not apps.is_installed("django.contrib.auth"):
        return
    create_permissions(sender, using=using, verbosity=0)
    editors, _ = Group.objects.using(using).get_or_create(name=EDITORS)
    administrators, _ = Group.objects.using(using).get_or_create(name=ADMINISTRATORS)
    coordinators, _ = Group.objects.using(using).get_or_create(name=COORDINATORS)
    translators, _ = Group.objects.using(using).get_or_create(name=TRANSLATORS)
    permissions = Permission.objects.using(using).filter(content_type__app_label=sender.label)
    if sender.label == "auth":
        administrators.permissions.add(*permissions.filter(content_type__model__in=["user", "group"]))
    elif sender.label == "accounts":
        administrators.permissions.add(*permissions.filter(codename__in=["view_lock", "delete_lock"]))
    elif sender.label == "translations":
        translators.permissions.add(*permissions.filter(codename="translate"))
        administrators.permissions.add(*permissions.filter(content_type__model="translator"))
        administrators.permissions.add(*permissions.filter(codename="translate"))  # nobody gives what he has not
    elif sender.label == "post_office":
        administrators.permissions.add(*permissions.filter(codename__in=["view_email", "change_email"]))
    elif sender.label == "backup":
        administrators.permissions.add(*permissions.filter(codename="view_backup"))
    elif sender.label == "versions":
        administrators.permissions.add(*permissions.filter(codename="view_auditentry"))
    elif sender.label == "timer":
        administrators.permissions.add(*permissions.filter(codename="view_job"))
    elif is_ours(sender):
        everyday = [model for model in sender.get_models() if not is_confidential(model)]
        content = [model for model in everyday if is_content(model)]
        for_editors = content + [model for model in everyday if getattr(model, "for_editors", False)]
        usual = permissions.exclude(codename=PRIVATE_MAIL)
        administrators.permissions.add(*usual.filter(content_type__model__in=names(everyday)))
        editors.permissions.add(*usual.filter(content_type__model__in=names(for_editors)))
        coordinators.permissions.add(*permissions.filter(codename=PRIVATE_MAIL))
        coordinators.permissions.add(
            *permissions.filter(content_type__model__in=names(content), codename__startswith="view_")
        )
        if sender.label == "lotsen":
            coordinators.permissions.add(*permissions)


def names(models):
    return [model._meta.model_name for model in models]
