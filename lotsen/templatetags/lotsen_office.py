from django import template
from django.contrib import admin
from django.db.models import Count
from django.urls import reverse

from ..models import AssistanceRequest, Volunteer
from ..office.todo import requests_without_company, to_do

register = template.Library()


@register.inclusion_tag("admin/lotsen/office/_to_do.html", takes_context=True)
def lotsen_to_do(context):
    """What waits for the coordination, each with the list that shows it; nobody else sees even the numbers."""
    user = context["request"].user
    todo = []
    if user.has_perm("lotsen.view_volunteer"):
        url = reverse("admin:lotsen_volunteer_changelist")
        kinds = to_do()
        counts = Volunteer.objects.confirmed().aggregate(
            **{value: Count("pk", filter=condition) for value, (label, condition) in kinds.items()}
        )
        todo += [(counts[value], label, f"{url}?aufgabe={value}") for value, (label, condition) in kinds.items()]
    if user.has_perm("lotsen.view_assistancerequest") and admin.site.is_registered(AssistanceRequest):
        number = AssistanceRequest.objects.confirmed().filter(requests_without_company()).count()
        label = "Anfrage, bei der noch niemand mitgeht" if number == 1 else "Anfragen, bei denen noch niemand mitgeht"
        todo.append((number, label, reverse("admin:lotsen_assistancerequest_changelist")))
    return {"todo": [row for row in todo if row[0]]}
