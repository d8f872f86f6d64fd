from django import template
from django.db.models import Count
from django.urls import reverse

from ..checks.staff import to_check
from ..models import Service, Suggestion

register = template.Library()


@register.inclusion_tag("admin/wegweiser/_to_check.html", takes_context=True)
def wegweiser_to_check(context):
    """What waits for somebody, each with the list that shows it; for those who may see it."""
    user = context["request"].user
    todo = []
    if user.has_perm("wegweiser.view_service"):
        url = reverse("admin:wegweiser_service_changelist")
        kinds = {value: filtered for value, filtered in to_check().items() if value != "bald"}
        counts = Service.objects.aggregate(
            **{value: Count("pk", filter=condition) for value, (label, condition) in kinds.items()}
        )
        todo += [(counts[value], label, f"{url}?pruefung={value}") for value, (label, condition) in kinds.items()]
    if user.has_perm("wegweiser.view_suggestion"):
        number = Suggestion.objects.filter(handled_on=None).count()
        label = "Hinweis auf Fehler" if number == 1 else "Hinweise auf Fehler"
        todo.append((number, label, f"{reverse('admin:wegweiser_suggestion_changelist')}?bearbeitung=offen"))
    return {"todo": [row for row in todo if row[0]]}
