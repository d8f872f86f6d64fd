from django.contrib import admin

from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin
from portal.upkeep.contents import ToDoFilter

from .models import Partner, Project


class PartnerInline(admin.TabularInline):
    model = Partner
    extra = 1


@admin.register(Project)
class ProjectAdmin(ContentAdmin):
    handbook = "projekt-anlegen"
    list_display = ("title", "starts_on", "ends_on", "status", "translations", "due")
    list_filter = (ToDoFilter, "status", "topics")
    autocomplete_fields = ("office", "topics", "picture")
    inlines = [PartnerInline]
    fieldsets = [
        (None, {"fields": ["title", "lead", "picture", "body"]}),
        ("Einordnung", {"fields": [("starts_on", "ends_on"), "funding", "office", "topics"]}),
        ("Ort im Portal", {"fields": ["slug", "order"]}),
        PUBLICATION,
        FRESHNESS,
    ]
