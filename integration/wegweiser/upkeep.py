"""What follows from every change to the directory, in the same transaction as the change.

There is a new version, so that everything made of the directory and kept (the index of the filters, PDFs) is known
to be old. And a service counts as modified when something that belongs to it is: who keeps a copy by HSDS's
`modified_after` must hear of new opening hours too.
"""

import uuid

from django.apps import apps
from django.db.models import Q
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone

from integration.topics.models import Term

from .models import (
    Contact,
    DirectorySettings,
    DirectoryVersion,
    Location,
    Municipality,
    OpeningHours,
    Organization,
    Service,
    ServiceAtLocation,
    SpokenLanguage,
)


def belongs_to(row) -> Q:
    if row.service_id:
        return Q(pk=row.service_id)
    return Q(locations=row.location_id) if row.location_id else Q(organization=row.organization_id)


# Whose services a row of these changes, as a condition on services.
AFFECTED = {
    Term: lambda row: Q(topics=row.pk) | Q(audiences=row.pk) | Q(programme=row.pk) | Q(locations__accessibility=row.pk),
    Municipality: lambda row: Q(areas=row.pk) | Q(locations__municipality=row.pk),
    Organization: lambda row: Q(organization=row.pk),
    Location: lambda row: Q(locations=row.pk),
    ServiceAtLocation: lambda row: Q(pk=row.service_id),
    Contact: belongs_to,
    OpeningHours: belongs_to,
    SpokenLanguage: belongs_to,
}


def new_version(**kwargs):
    """For the database's other readers it is new when the transaction is through, as is what has changed."""
    if not DirectoryVersion.objects.filter(pk=1).update(token=uuid.uuid4()):
        DirectoryVersion.objects.get_or_create(pk=1)


def touch(sender, instance, **kwargs):
    if kwargs.get("raw"):
        return
    affected = Service.objects.filter(AFFECTED[sender](instance)).values("pk")
    Service.objects.filter(pk__in=affected).update(modified=timezone.now())
    new_version()


def touch_former(sender, instance, **kwargs):
    """What moves elsewhere is missing where it was."""
    if kwargs.get("raw") or instance._state.adding:
        return
    former = sender.objects.filter(pk=instance.pk).first()
    if former and AFFECTED[sender](former) != AFFECTED[sender](instance):
        touch(sender, former)


def related(sender, instance, action, **kwargs):
    if not action.startswith("post_"):
        return
    if isinstance(instance, Service):
        Service.objects.filter(pk=instance.pk).update(modified=timezone.now())
        new_version()
    elif type(instance) in AFFECTED:
        touch(type(instance), instance)


def connect() -> None:
    for model in AFFECTED:
        # Before a deletion too: afterwards nobody knows which services it belonged to.
        for signal in (post_save, pre_delete, post_delete):
            signal.connect(touch, sender=model, dispatch_uid="directory")
    for model in (ServiceAtLocation, Contact, OpeningHours, SpokenLanguage):
        pre_save.connect(touch_former, sender=model, dispatch_uid="directory")
    for model in (Service, DirectorySettings, apps.get_model("portal", "SiteProfile")):
        for signal in (post_save, post_delete):
            signal.connect(new_version, sender=model, dispatch_uid="directory")
    for relation in (Service.topics, Service.audiences, Service.areas, Location.accessibility, Municipality.neighbours):
        m2m_changed.connect(related, sender=relation.through, dispatch_uid="directory")
