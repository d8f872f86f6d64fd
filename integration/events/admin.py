from django.contrib import admin

from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin
from portal.upkeep.contents import ToDoFilter

from .models import Event


@admin.register(Event)
class EventAdmin(ContentAdmin):
    handbook = "veranstaltung-anlegen"
    list_display = ("title", "kind", "starts_at", "city", "status", "translations", "due")
    list_filter = (ToDoFilter, "status", "kind", "cancelled", "starts_at")
    upkeep = ("freigabe", "endet", "entwurf")  # it is over before anybody would check it again
    date_hierarchy = "starts_at"
    autocomplete_fields = ("office", "topics", "picture")
    fieldsets = [
        (None, {"fields": ["kind", "title", "lead", "picture", "body"]}),
        (
            "Wann und wo",
            {"fields": [("starts_at", "ends_at"), "cancelled", "place", "street", ("postal_code", "city")]},
        ),
        ("Anmeldung", {"fields": ["registration", "registration_link"]}),
        ("Einordnung", {"fields": ["office", "topics", "slug"]}),
        PUBLICATION,
        FRESHNESS,
    ]
