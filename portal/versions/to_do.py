"""The line on the staff's start page."""

from django.contrib.auth.models import User
from django.urls import reverse

from portal.upkeep.to_do import ToDo, When

from .admin import waiting_for


def lines(user: User):
    number = waiting_for(user).count()
    words = "noch nicht gegengelesen"
    yield ToDo(
        When.SOON, "Geändert nach dem Veröffentlichen", number, words, reverse("admin:versions_proofreading_changelist")
    )
