"""Which links lead to nothing now. Pages of the portal are asked at this moment, addresses elsewhere were asked before."""

from django.apps import apps
from django.db.models import Q, QuerySet

from portal.models import OldAddress

from ..models import LinkUse, OutsideLink


def dead() -> QuerySet[LinkUse]:
    """One query, however many links and contents there are."""
    return LinkUse.objects.filter(
        Q(outside__state=OutsideLink.State.BROKEN, outside__silenced=False) | Q(nowhere=True) | hidden()
    )


def hidden() -> Q:
    """Links to contents that are not public: drafts, expired or deleted ones. Old addresses lead on."""
    found = Q(pk__in=[])
    for label in LinkUse.objects.exclude(kind="").order_by().values_list("kind", flat=True).distinct():
        model = apps.get_model(label)
        public = (
            model._default_manager.published() if hasattr(model._default_manager, "published") else model._base_manager
        )
        moved = OldAddress.objects.filter(kind=label, content_id__in=public.values("pk"))
        found |= Q(kind=label) & ~Q(slug__in=public.values("slug")) & ~Q(slug__in=moved.values("slug"))
    return found
