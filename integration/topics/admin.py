from django.contrib import admin

from portal.admin import PortalAdmin

from .models import Topic


@admin.register(Topic)
class TopicAdmin(PortalAdmin):
    list_display = ("title", "order")
    list_editable = ("order",)
    search_fields = ("title_de", "slug")
    fieldsets = [(None, {"fields": ["title", "slug", "order", "machine_translated"]})]
