from django.contrib import admin

from portal.admin import FRESHNESS, PUBLICATION, ContentAdmin, PartInline, PortalAdmin
from portal.upkeep.contents import ToDoFilter

from .models import ContactPerson, Diagram, Meeting, Office, OfficeLink, Task, WorkingGroup


class TaskInline(PartInline):
    model = Task
    autocomplete_fields = ("projects", "publications", "events")
    fields = ("title", "text", ("projects", "publications", "events"), "order")


class ContactPersonInline(PartInline):
    model = ContactPerson
    fields = ("role", "name", ("phone", "email", "room"), "order")


class DiagramInline(PartInline):
    model = Diagram
    classes = ("collapse",)
    fields = ("title", "image", "alt", "description", "order")


class OfficeLinkInline(PartInline):
    model = OfficeLink
    classes = ("collapse",)
    fields = ("title", "link", "order")


class WorkingGroupInline(PartInline):
    model = WorkingGroup
    classes = ("collapse",)
    fields = ("title", "text", "order")
    show_change_link = True  # the meetings are entered there


@admin.register(Office)
class OfficeAdmin(ContentAdmin):
    handbook = "stelle-anlegen"
    list_display = ("title", "kind", "status", "translations", "as_of", "due")
    list_filter = (ToDoFilter, "status", "kind")
    autocomplete_fields = ("parent", "topics", "picture")
    inlines = [TaskInline, ContactPersonInline, WorkingGroupInline, DiagramInline, OfficeLinkInline]
    fieldsets = [
        (None, {"fields": ["kind", "title", "lead", "picture", "body"]}),
        ("Kontakt", {"fields": ["street", ("postal_code", "city"), ("phone", "email"), "opening_hours"]}),
        ("Aufgaben und Schwerpunkte", {"fields": ["tasks_heading", "topics", "no_advice", "advice_link"]}),
        (
            "Hintergrund",
            {
                "classes": ["collapse"],
                "fields": ["parent", ("founded_year", "funded_since"), "funding", "funding_guideline"],
            },
        ),
        ("Ort im Portal", {"classes": ["collapse"], "fields": ["slug", "order"]}),
        PUBLICATION,
        FRESHNESS,
    ]


class MeetingInline(PartInline):
    model = Meeting
    fields = ("starts_at", "subject", "place")


@admin.register(WorkingGroup)
class WorkingGroupAdmin(PortalAdmin):
    handbook = "stelle-anlegen"
    list_display = ("title", "office")
    inlines = [MeetingInline]
    fieldsets = [(None, {"fields": ["office", "title", "text", "order"]})]
