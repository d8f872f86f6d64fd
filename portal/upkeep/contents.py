"""What a content needs: the filter "Zu tun" of its list, and its lines on the start page."""

from datetime import timedelta

from django.contrib import admin
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from ..models import Publishable
from .to_do import ToDo, When

ENDS_SOON = timedelta(days=14)


def tasks() -> dict[str, tuple[When, str, Q]]:
    """Name in the address, when to do it, words that go with any number, and which contents are meant."""
    now, today = timezone.now(), timezone.localdate()
    public = Q(status=Publishable.Status.PUBLISHED) & (Q(publish_until=None) | Q(publish_until__gt=now))
    return {
        "freigabe": (When.NOW, "zur Freigabe", Q(status=Publishable.Status.REVIEW)),
        "pruefen": (When.SOON, "wieder zu prüfen", public & Q(review_due__lte=today)),
        "endet": (When.SOON, "bald nicht mehr zu sehen", public & Q(publish_until__lte=now + ENDS_SOON)),
        "entwurf": (When.LATER, "noch Entwurf", Q(status=Publishable.Status.DRAFT)),
    }


class ToDoFilter(admin.SimpleListFilter):
    """For a ModelAdmin that says in `upkeep` which tasks its contents have."""

    title = "Zu tun"
    parameter_name = "aufgabe"

    def lookups(self, request, model_admin):
        found = tasks()
        return [(name, found[name][1]) for name in model_admin.upkeep]

    def queryset(self, request, queryset):
        # Only what this list has: not every content has each of the columns.
        return queryset.filter(tasks()[self.value()][2]) if self.value() in dict(self.lookup_choices) else queryset


def lines(user):
    """One query for each kind of content."""
    found = tasks()
    for model, model_admin in admin.site._registry.items():
        names = getattr(model_admin, "upkeep", ())
        if not names or not user.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}"):
            continue
        counts = model._default_manager.aggregate(**{name: Count("pk", filter=found[name][2]) for name in names})
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name in names:
            when, words, _condition = found[name]
            yield ToDo(when, str(model._meta.verbose_name_plural), counts[name], words, f"{url}?aufgabe={name}")
