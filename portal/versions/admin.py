"""The log, and what a second person has to read."""

import csv
from collections.abc import Iterator

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from portal.models import Publishable
from portal.spreadsheets import guarded

from . import audit
from .models import AuditEntry, Proofreading
from .staff import called


class Who(admin.SimpleListFilter):
    title = "Person"
    parameter_name = "wer"

    def lookups(self, request, model_admin):
        known = AuditEntry.objects.exclude(user_name="").order_by("user_name").values_list("user_name", flat=True)
        return [(name, name) for name in known.distinct()]

    def queryset(self, request, queryset):
        return queryset.filter(user_name=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """To read only, for everybody: nobody tidies up behind himself."""

    list_display = ("when", "who", "action", "kind", "what", "said")
    list_filter = (Who, "action", "at")
    search_fields = ("title", "object_id", "user_name")
    search_help_text = "Titel, Nummer oder Person"
    date_hierarchy = "at"
    list_per_page = 100
    actions = None
    show_full_result_count = False
    change_list_template = "admin/versions/log.html"
    fields = ("when", "who", "action", "kind", "object_id", "title", "said")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description="wann", ordering="at")
    def when(self, entry):
        return timezone.localtime(entry.at).strftime("%d.%m.%Y %H:%M:%S")

    @admin.display(description="wer", ordering="user_name")
    def who(self, entry):
        return f"{entry.user_name} (Nr. {entry.user_id})" if entry.user_name else "Portal"

    @admin.display(description="Titel", ordering="title")
    def what(self, entry):
        return entry.title or (f"Nr. {entry.object_id}" if entry.object_id else None)

    @admin.display(description="Einzelheiten")
    def said(self, entry):
        return in_words(entry.details) or None

    def get_urls(self):
        view = require_POST(self.admin_site.admin_view(self.csv_view))
        return [path("protokoll.csv", view, name="versions_auditentry_csv"), *super().get_urls()]

    def csv_view(self, request):
        """What the list shows with the filters in the address; taking it along is noted too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            entries = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            self.message_user(request, "Diese Filter gibt es hier nicht.", "WARNING")
            return HttpResponseRedirect(reverse("admin:versions_auditentry_changelist"))
        audit.note(AuditEntry.Action.EXPORT, request.user, kind="Protokoll", Einträge=entries.count())
        name = f"protokoll-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            self.lines(entries),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )

    def lines(self, entries) -> Iterator[bytes]:
        writer = csv.writer(Echo(), delimiter=";")
        yield b"\xef\xbb\xbf" + writer.writerow(["wann", "wer", "was", "Art", "Nummer", "Titel", "Einzelheiten"])
        for x in entries.iterator(chunk_size=500):
            values = (
                self.when(x),
                self.who(x),
                x.get_action_display(),
                x.kind,
                x.object_id,
                x.title,
                in_words(x.details),
            )
            yield writer.writerow([guarded(value) for value in values])


class Echo:
    def write(self, line: str) -> bytes:
        return line.encode()


def in_words(details: dict) -> str:
    return "; ".join(
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}" for name, value in details.items()
    )


def publishable() -> list[type[Publishable]]:
    return [model for model in apps.get_models() if issubclass(model, Publishable)]


def waiting_for(user):
    """What somebody may read: of the kinds he may change, without what he has written himself."""
    mine = [
        model for model in publishable() if user.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}")
    ]
    types = ContentType.objects.get_for_models(*mine).values() if mine else []
    return Proofreading.objects.filter(waiting=True, content_type__in=types).exclude(author=user)


@admin.register(Proofreading)
class ProofreadingAdmin(admin.ModelAdmin):
    """Changed after it was published, and not read by a second person yet."""

    handbook = "freigabe"
    list_display = ("content", "kind", "changed_by", "changed_at")
    list_display_links = None
    list_select_related = ("content_type", "author")
    ordering = ("changed_at",)
    actions = None

    def get_model_perms(self, request):
        """In the menu only where an office works like this."""
        return {"view": self.has_view_permission(request) and Proofreading.objects.filter(waiting=True).exists()}

    def has_module_permission(self, request):
        return False  # the start page and the filter of each list lead here

    def has_view_permission(self, request, obj=None):
        return any(
            request.user.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}") for model in publishable()
        )

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        own = Proofreading.objects.filter(waiting=True, author=request.user)
        return (waiting_for(request.user) | own).distinct()

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Noch nicht gegengelesen", **(extra_context or {})})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return HttpResponseRedirect(reverse("admin:versions_proofreading_changelist"))

    def get_changelist_instance(self, request):
        """What the rows are called, with a question for each kind."""
        found = super().get_changelist_instance(request)
        wanted: dict = {}
        for row in found.result_list:
            wanted.setdefault(row.content_type.model_class(), []).append(row.object_id)
        titles = {
            (model._meta.label_lower, str(content.pk)): str(content)
            for model, pks in wanted.items()
            for content in model._base_manager.filter(pk__in=pks)
        }
        for row in found.result_list:
            model = row.content_type.model_class()
            row.called = titles.get((model._meta.label_lower, row.object_id), f"Nr. {row.object_id}")
        return found

    @admin.display(description="Inhalt")
    def content(self, row):
        model = row.content_type.model_class()
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_proofread", args=[row.object_id])
        return format_html('<a href="{}">{}</a>', url, row.called)

    @admin.display(description="Art")
    def kind(self, row):
        return row.content_type.model_class()._meta.verbose_name

    @admin.display(description="zuletzt geändert von", ordering="author")
    def changed_by(self, row):
        return called(row.author)
