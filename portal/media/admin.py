from django.contrib import admin
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from portal import languages
from portal.admin import PortalAdmin

from .models import Picture


def uses(picture):
    """Each content that shows the picture; a query for each kind of content."""
    for relation in Picture.uses():
        model = relation.related_model
        for content in model.objects.filter(**{relation.field.name: picture}).only("slug", "title_de", "status"):
            yield model, content


class Used(admin.SimpleListFilter):
    title = "Verwendung"
    parameter_name = "verwendet"

    def lookups(self, request, model_admin):
        return [("ja", "wird gezeigt oder ist vorgesehen"), ("nein", "wird nirgends verwendet")]

    def queryset(self, request, queryset):
        return {"ja": queryset.exclude(times_used=0), "nein": queryset.filter(times_used=0)}.get(self.value(), queryset)


@admin.register(Picture)
class PictureAdmin(PortalAdmin):
    handbook = "bilder"
    list_display = ("thumbnail", "name", "described", "used")
    list_display_links = ("name",)
    list_filter = (Used,)
    search_fields = ("name", "alt_de", "credit")
    readonly_fields = ("preview", "used_by", "web_address")
    fieldsets = [
        (None, {"fields": ["name", "file"]}),
        ("In Worten", {"classes": ["picture-words"], "fields": ["preview", "alt", "decorative", "machine_translated"]}),
        ("Nachweis und Rechte", {"fields": ["credit", "rights"]}),
        ("Verwendung", {"fields": ["used_by", "web_address"]}),
    ]

    def get_queryset(self, request):
        """With the number of contents that show it."""
        times = 0
        for relation in Picture.uses():
            name = relation.field.name
            rows = relation.related_model.objects.order_by().filter(**{name: OuterRef("pk")})
            times += Coalesce(Subquery(rows.values(name).annotate(times=Count("pk")).values("times")), 0)
        return super().get_queryset(request).annotate(times_used=times)

    @admin.display(description="Vorschau")
    def thumbnail(self, picture):
        return self._image(picture, 120)

    @admin.display(description="Vorschau")
    def preview(self, picture):
        return self._image(picture, 320) if picture.pk else "Zu sehen, sobald das Bild gespeichert ist."

    def _image(self, picture, widest):
        size = picture.sizes()[0]
        scale = min(widest / size.width, widest / size.height, 1)
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="" loading="lazy">',
            size.staff_url,
            max(1, round(size.width * scale)),
            max(1, round(size.height * scale)),
        )

    @admin.display(description="in Worten")
    def described(self, picture):
        if picture.decorative:
            return "schmückend"
        return f"{len(picture.languages_available())}/{len(languages.LANGUAGES)} Sprachen"

    @admin.display(description="verwendet", ordering="times_used")
    def used(self, picture):
        return f"{picture.times_used}-mal" if picture.times_used else "nirgends"

    @admin.display(description="Verwendet in")
    def used_by(self, picture):
        rows = [
            (
                model._meta.verbose_name,
                reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[content.pk]),
                content,
                content.get_status_display(),
            )
            for model, content in (uses(picture) if picture.pk else ())
        ]
        if not rows:
            return "Nirgends. Öffentlich ist das Bild erst, wenn etwas Veröffentlichtes es zeigt."
        return format_html(
            "<ul class='rows'>{}</ul>", format_html_join("", "<li>{}: <a href='{}'>{}</a> ({})</li>", rows)
        )

    @admin.display(description="Adresse")
    def web_address(self, picture):
        if not picture.pk:
            return "Entsteht mit dem Speichern und bleibt dann gleich."
        size = picture.sizes()[-1]
        return f"{size.url.partition('?')[0]} – bleibt gleich, auch wenn Sie die Datei ersetzen."
