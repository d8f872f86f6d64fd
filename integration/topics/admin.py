from django.contrib import admin

from portal.admin import PortalAdmin

from .models import Term


@admin.register(Term)
class TermAdmin(PortalAdmin):
    list_display = ("title", "vocabulary", "parent", "order")
    list_editable = ("order",)
    list_filter = ("vocabulary",)
    list_select_related = ("parent",)
    search_fields = ("title_de", "slug")
    autocomplete_fields = ("parent",)
    fieldsets = [
        (None, {"fields": ["vocabulary", "title", "description", "parent", "slug", "order", "machine_translated"]})
    ]
