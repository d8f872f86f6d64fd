"""What a person may ask for, on the admin pages of everybody we keep: access (Art. 15 GDPR) and erasure (Art. 17)."""

import contextlib

from django.contrib import admin
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from portal.models import SiteProfile
from portal.versions import audit

from .. import retention
from ..models import LotsenSettings
from . import access


class Rights:
    """For the ModelAdmin of a `Person`. Its change form has "Auskunft"; deleting, one or many, is erasing."""

    change_form_template = "admin/lotsen/office/person_form.html"
    delete_confirmation_template = "admin/lotsen/office/erase.html"
    delete_selected_confirmation_template = "admin/lotsen/office/erase_selected.html"

    def get_urls(self):
        name = f"lotsen_{self.opts.model_name}"
        return [
            path("<uuid:pk>/auskunft/", self.admin_site.admin_view(self.access_view), name=f"{name}_access"),
            path("<uuid:pk>/auskunft.json", self.admin_site.admin_view(self.json_view), name=f"{name}_json"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        """Nobody sees what is not confirmed."""
        return super().get_queryset(request).confirmed()

    def get_object(self, request, object_id, from_field=None):
        if request.method == "POST" and connection.in_atomic_block:
            # Whoever saves at the same moment waits, and what he has saved is seen.
            with contextlib.suppress(ValidationError):  # no number at all: Django's own answer follows
                self.model.lock(object_id)
        return super().get_object(request, object_id, from_field)

    def asked_for(self, request, pk):
        person = self.get_object(request, str(pk))
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        return person

    @admin.display(description="wird gelöscht nach dem")
    def goes(self, person):
        day = date_format(person.delete_after)
        return f"{day}, aber nicht, solange die Verarbeitung eingeschränkt ist" if person.restricted else day

    # Access ---------------------------------------------------------------------------------------

    def access_view(self, request, pk):
        if (person := self.asked_for(request, pk)) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        self.log_change(request, person, "Auskunft angesehen (Art. 15 DSGVO)")
        audit.note(audit.Action.EXPORT, request.user, person, was="Auskunft angesehen")
        context = {
            "person": person,
            "parts": access.everything(person),
            "site": SiteProfile.current(),
            "rules": LotsenSettings.current(),
            "today": timezone.localdate(),
            "back": reverse(f"admin:lotsen_{self.opts.model_name}_change", args=[person.pk]),
            "json": reverse(f"admin:lotsen_{self.opts.model_name}_json", args=[person.pk]),
        }
        return render(request, "admin/lotsen/office/access.html", context)

    def json_view(self, request, pk):
        if (person := self.asked_for(request, pk)) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        self.log_change(request, person, "Auskunft als Datei geladen (Art. 15 DSGVO)")
        audit.note(audit.Action.EXPORT, request.user, person, was="Auskunft als Datei")
        response = JsonResponse(access.as_json(person), json_dumps_params={"ensure_ascii": False, "indent": 2})
        response["Content-Disposition"] = f'attachment; filename="auskunft-{person.reference}.json"'
        return response

    # Erasure --------------------------------------------------------------------------------------

    def get_deleted_objects(self, objs, request):
        """In words, for the page that asks once more; names are on it and nowhere else."""
        deleted = [format_html("{} ({})", person.name, person.reference) for person in objs]
        missing = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return deleted, {}, missing, []

    def render_delete_form(self, request, context):
        person = context["object"]
        context["parts"] = [
            (part.title, len(part.rows)) for part in access.everything(person) if part.rows and part.name != "person"
        ]
        context["others"] = [
            (other.reference, other._meta.verbose_name, change_url(self.admin_site, other), other.is_confirmed)
            for other in retention.others(person)
        ]
        return super().render_delete_form(request, context)

    def log_deletions(self, request, queryset):
        """Not before: erasing takes the history with it. `delete_model` notes that it has happened, and no more."""

    def delete_model(self, request, obj):
        reference = obj.reference
        retention.erase_as_wished(obj)
        LogEntry.objects.create(
            user_id=request.user.pk,
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=reference,
            action_flag=DELETION,
            change_message="Gelöscht mit allem, was dazugehört (Art. 17 DSGVO)",
        )
        # The number only: the row is gone, and nothing else knows whose it was.
        audit.note(audit.Action.ERASE, request.user, kind=str(self.opts.verbose_name), Nummer=reference)

    def delete_queryset(self, request, queryset):
        for person in queryset:
            self.delete_model(request, person)

    # ----------------------------------------------------------------------------------------------

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            name = f"admin:lotsen_{self.opts.model_name}"
            context["access_url"] = reverse(f"{name}_access", args=[obj.pk])
            context["json_url"] = reverse(f"{name}_json", args=[obj.pk])
            context["erase_url"] = reverse(f"{name}_delete", args=[obj.pk])
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def log_for_all(self, request, persons, message):
        """One entry for each."""
        if persons:
            LogEntry.objects.log_actions(request.user.pk, persons, CHANGE, message)


def change_url(site, row) -> str:
    """Empty where it has no page."""
    return (
        reverse(f"admin:lotsen_{row._meta.model_name}_change", args=[row.pk]) if site.is_registered(type(row)) else ""
    )
