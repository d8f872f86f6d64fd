"""What is noted in the log. Features call `note` for what only they know, such as an export.

Of rows about persons there is only the kind and the number, never what they are called.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save

from portal.models import PersonalData

from . import actors
from .models import AuditEntry

Action = AuditEntry.Action


def is_about_a_person(row: models.Model | type[models.Model]) -> bool:
    model = row if isinstance(row, type) else type(row)
    return issubclass(model, PersonalData) or (
        getattr(model, "for_coordinators", False) and not getattr(model, "has_versions", False)
    )


def entry(action: str, user=None, about: models.Model | None = None, kind: str = "", **details: Any) -> AuditEntry:
    user = user or actors.at_work()
    new = AuditEntry(action=action, kind=kind, details=details)
    if user is not None:
        new.user_id, new.user_name = user.pk, user.get_username()
    if about is not None:
        new.kind = str(about._meta.verbose_name)
        if is_about_a_person(about):
            # By what staff call the row among themselves; its own number would outlast an erasure.
            new.object_id = getattr(about, "reference", "")
        else:
            new.object_id, new.title = str(about.pk)[:40], str(about)[:200]
    return new


def note(action: str, user=None, about: models.Model | None = None, kind: str = "", **details: Any) -> None:
    entry(action, user, about, kind, **details).save()


def note_all(entries: Iterable[AuditEntry]) -> None:
    AuditEntry.objects.bulk_create(entries, batch_size=500)


# Accounts -----------------------------------------------------------------------------------------------


def logged_in(sender, request, user, **kwargs):
    note(Action.LOGIN, user)


def logged_out(sender, request, user, **kwargs):
    if user is not None:
        note(Action.LOGOUT, user)


def login_failed(sender, credentials, **kwargs):
    """A name that is nobody's is not kept: people type their password there."""
    User = get_user_model()
    user = User.objects.filter(**{User.USERNAME_FIELD: credentials.get(User.USERNAME_FIELD) or ""}).first()
    note(Action.LOGIN_FAILED, user)


# What these say of somebody's power; the rest of an account is its owner's business.
FLAGS = {"is_active": "aktiv", "is_staff": "Mitarbeit", "is_superuser": "darf alles", "username": "Benutzername"}


def before_account_changes(sender, instance, update_fields=None, **kwargs):
    before = sender.objects.filter(pk=instance.pk).first() if instance.pk else None
    instance._before = before and {name: getattr(before, name) for name in (*FLAGS, "password")}
    if instance._before and update_fields is not None and set(update_fields) == {"password"}:
        instance._before = {**instance._before, "password": instance.password}  # hashed anew at login, not changed


def account_changed(sender, instance, created, **kwargs):
    if actors.at_work() is None:
        return
    before = getattr(instance, "_before", None)
    if created or before is None:
        note(Action.ACCOUNT, about=instance, was="Zugang angelegt")
        return
    changed = {FLAGS[name]: getattr(instance, name) for name in FLAGS if before[name] != getattr(instance, name)}
    if changed:
        note(Action.ACCOUNT, about=instance, **changed)
    if before["password"] != instance.password:
        note(Action.PASSWORD, about=instance)


def account_deleted(sender, instance, **kwargs):
    if actors.at_work() is not None:
        note(Action.ACCOUNT, about=instance, was="gelöscht")


ROLE_WORDS = {"post_add": "dazu", "post_remove": "weg", "pre_clear": "weg"}


def roles_changed(sender, instance, action, model, pk_set, reverse, **kwargs):
    """Groups of a user, rights of a group or of a user."""
    if action not in ROLE_WORDS or actors.at_work() is None:
        return
    if action == "pre_clear":
        field = (
            next(f for f in type(instance)._meta.many_to_many if f.remote_field.through is sender)
            if not reverse
            else None
        )
        found = list(getattr(instance, field.name).all()) if field else []
    else:
        found = list(model.objects.filter(pk__in=pk_set or ()))
    if found:
        note(Action.ACCOUNT, about=instance, **{ROLE_WORDS[action]: sorted(map(str, found))[:50]})


def connect() -> None:
    User = get_user_model()
    user_logged_in.connect(logged_in, dispatch_uid="audit")
    user_logged_out.connect(logged_out, dispatch_uid="audit")
    user_login_failed.connect(login_failed, dispatch_uid="audit")
    pre_save.connect(before_account_changes, sender=User, dispatch_uid="audit")
    post_save.connect(account_changed, sender=User, dispatch_uid="audit")
    for model in (User, Group):
        post_delete.connect(account_deleted, sender=model, dispatch_uid="audit")
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(roles_changed, sender=through, dispatch_uid="audit")
