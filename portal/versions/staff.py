"""What every content's admin has of this: versions, the second reader, two at one form, what points to what is deleted."""

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef
from django.db.models.functions import Cast
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods, require_safe
from reversion.models import Revision, Version

from portal import languages
from portal.accounts import kept
from portal.models import Content, Publishable

from . import approval, audit, conflicts, editing, kinds, restoring, snapshots, wording
from .models import AuditEntry, Proofreading
from .recording import DELETED, not_recording, recording

PER_PAGE = 20
PUBLISHED = Publishable.Status.PUBLISHED


def called(user) -> str:
    return (user.get_full_name() or user.get_username()) if user else "das Portal"


def when(moment) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")


class Versioned:
    """For the ModelAdmin of anything of which there are versions (kinds.py). Comes before ModelAdmin."""

    change_form_template = "admin/versions/change_form.html"
    change_list_template = "admin/versions/change_list.html"
    object_history_template = "admin/versions/history.html"
    delete_confirmation_template = "admin/versions/delete.html"

    # Saving -----------------------------------------------------------------------------------------

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        context, pk = {**(extra_context or {})}, object_id and self.as_pk(object_id)
        if request.method != "POST":
            # Asked before the form is filled: what comes in between is rather told once too often.
            context["seen"] = conflicts.token(self.model, pk) if pk else ""
            return super().changeform_view(request, object_id, form_url, context)
        with recording(request.user):
            if pk and (row := models.QuerySet(self.model).filter(pk=pk).first()):
                conflicts.lock(row)
                row.refresh_from_db()
                if self.has_change_permission(request, row):
                    request.conflict = conflicts.find(self, request, row)
                    conflicts.take_over(self, request, row)
            elif pk and self.has_change_permission(request) and (response := self.gone(request, pk)):
                return response
            conflict = getattr(request, "conflict", None)
            context["seen"] = conflict.token if conflict else request.POST.get(conflicts.TOKEN, "")
            context["conflict"] = conflict
            return super().changeform_view(request, object_id, form_url, context)

    def as_pk(self, object_id):
        """None: no row can have such a number."""
        number = unquote(object_id)
        try:
            return None if "\0" in number else self.opts.pk.clean(number, None)
        except ValidationError:
            return None

    def get_object(self, request, object_id, from_field=None):
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def changelist_view(self, request, extra_context=None):
        recoverable = self.may_recover(request) and self.has_delete_permission(request)
        context = {"deleted_url": self.address("deleted") if recoverable else "", **(extra_context or {})}
        if request.method != "POST":
            return super().changelist_view(request, context)
        with recording(request.user):
            if "_save" in request.POST:  # cells of the list: whoever saves them at the same time waits
                pks = self._get_edited_object_pks(request, "form")
                conflicts.lock_many(self.model, (pk for pk in pks if self.as_pk(pk) is not None))
            return super().changelist_view(request, context)

    def delete_view(self, request, object_id, extra_context=None):
        if request.method == "POST":
            with recording(request.user):
                if "_archive" in request.POST:
                    return self.archive_instead(request, object_id)
                return super().delete_view(request, object_id, extra_context)
        return super().delete_view(request, object_id, extra_context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Its own class for each request, so it can be taught what holds in this one."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if request.method == "POST":
            form.clean = careful(form.clean, request)
        return form

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj and isinstance(obj, Publishable) and (state := approval.of(obj)) and state.waiting:
            context["proofread_url"] = self.address("proofread", quote(obj.pk))
        if obj and self.has_change_permission(request, obj):
            context["others"] = [
                (called(other.user), timezone.localtime(other.since)) for other in editing.opened(obj, request.user)
            ]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def response_change(self, request, obj):
        editing.closed(obj, request.user)
        return super().response_change(request, obj)

    def _create_formsets(self, request, obj, change):
        formsets, inlines = super()._create_formsets(request, obj, change)
        obj._formsets = formsets  # careful() asks whether anything is different in them
        return formsets, inlines

    def get_changelist_formset(self, request, **kwargs):
        """Cells that nobody has touched are not written, and one that somebody else has changed is not written over."""
        formset = super().get_changelist_formset(request, **kwargs)
        from_our_page = request.method != "POST" or any(name.startswith("initial-form-") for name in request.POST)
        for field in formset.form.base_fields.values():
            field.show_hidden_initial = from_our_page
        formset.form.clean = careful_cells(careful(formset.form.clean, request))
        return formset

    def get_list_display(self, request):
        """ "Geplant ab …" and "läuft ab am …" say more than the bare state."""
        return tuple("state" if name == "status" else name for name in super().get_list_display(request))

    def state(self, content):
        said, now = content.get_status_display(), timezone.now()
        if content.status != PUBLISHED:
            return said
        if content.publish_from and content.publish_from > now:
            return format_html("geplant<br><span class='mini quiet'>ab {}</span>", when(content.publish_from))
        if content.publish_until:
            words = "abgelaufen am" if content.publish_until <= now else "läuft ab am"
            return format_html("{}<br><span class='mini quiet'>{} {}</span>", said, words, when(content.publish_until))
        return said

    state.short_description = "Zustand"
    state.admin_order_field = "status"

    # Pages ------------------------------------------------------------------------------------------

    def url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def get_urls(self):
        view = self.admin_site.admin_view
        safe_and_post = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("geloescht/", view(require_safe(self.deleted_view)), name=self.url_name("deleted")),
            path("geloescht/<int:revision>/", view(safe_and_post(self.recover_view)), name=self.url_name("recover")),
            path("<path:object_id>/versionen/<int:revision>/", view(safe_and_post(self.version_view)), name=self.url_name("version")),
            path("<path:object_id>/versionen/<int:revision>/vorschau/<str:language>/", view(require_safe(self.version_preview)), name=self.url_name("version_preview")),
            path("<path:object_id>/gegenlesen/", view(safe_and_post(self.proofread_view)), name=self.url_name("proofread")),
            *super().get_urls(),
        ]  # fmt: skip

    def address(self, name: str, *args) -> str:
        return reverse(f"{self.admin_site.name}:{self.url_name(name)}", args=args)

    def page(self, request, title: str, **context) -> dict:
        basis = {"opts": self.opts, "title": title, "handbook": "versionen"}
        return {**self.admin_site.each_context(request), **basis, **context}

    def found(self, request, object_id):
        row = self.get_object(request, unquote(object_id))
        if row is not None and not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        return row

    def versions_of(self, object_id: str):
        return Version.objects.get_for_model(self.model).filter(object_id=unquote(object_id))

    def history_view(self, request, object_id, extra_context=None):
        row = self.found(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        key = snapshots.key_of(row)
        revisions = Revision.objects.filter(pk__in=self.versions_of(object_id).values("revision"))
        pages = Paginator(revisions.select_related("user").order_by("-pk"), PER_PAGE)
        page = pages.get_page(request.GET.get("seite"))
        shown = list(page.object_list)
        # One more, to compare the oldest with.
        older = list(revisions.filter(pk__lt=shown[-1].pk).order_by("-pk")[:1]) if shown else []
        stored = snapshots.rows_of([x.pk for x in [*shown, *older]])
        trees = [snapshots.within(stored[x.pk], key) for x in [*shown, *older]]
        names = wording.Names(trees)
        lines = []
        for number, revision in enumerate(shown):
            before = trees[number + 1] if number + 1 < len(trees) else None
            changes = wording.compare(before, trees[number], key, names) if before is not None else []
            said = wording.summary(changes) if before is not None else "erste Version"
            # Another part of the same whole was changed then; of this one there is nothing to say.
            if said or before is None:
                lines.append(
                    (revision, called(revision.user), said, self.address("version", quote(row.pk), revision.pk))
                )
        context = {"lines": lines, "versions": page, "handbook": "versionen", **(extra_context or {})}
        return super().history_view(request, object_id, context)

    def version_view(self, request, object_id, revision):
        row = self.found(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        chosen = get_object_or_404(Revision.objects.select_related("user"), pk=revision)
        key = snapshots.key_of(row)
        rows = restoring.rows_at(chosen, key)
        if request.method == "POST":
            return self.restored(request, chosen, key, rows, self.address("change", quote(row.pk)))
        older = self.versions_of(object_id).filter(revision__lt=revision).order_by("-revision_id")
        before = next((restoring.rows_at(x.revision, key) for x in older.select_related("revision")[:1]), None)
        present = snapshots.of(row)
        names = wording.Names([rows, before or {}, present])
        context = self.page(
            request,
            f"Version vom {when(chosen.date_created)}",
            row=row,
            revision=chosen,
            who=called(chosen.user),
            fits=bool(rows),
            is_first=before is None,
            changes=wording.compare(before, rows, key, names) if before is not None else [],
            until_now=wording.compare(rows, present, key, names) if rows else [],
            may_restore=self.has_change_permission(request, row),
            seen=snapshots.digest(present),
            history=self.address("history", quote(row.pk)),
            previews=self.previews(row, chosen),
        )
        return render(request, "admin/versions/version.html", context)

    def restored(self, request, revision, key, rows, then):
        try:
            with transaction.atomic():
                # Who brings back the same at the same moment waits, and then finds it there.
                list(Revision.objects.select_for_update().filter(pk=revision.pk).values_list("pk"))
                row = models.QuerySet(self.model).filter(pk=key[1]).first()
                if not (self.has_change_permission(request, row) if row else self.may_recover(request)):
                    raise PermissionDenied
                if row:
                    conflicts.lock(row)
                    if rows and request.POST.get(conflicts.TOKEN) != conflicts.token(self.model, row.pk):
                        raise ValidationError(
                            "Gerade ist noch etwas geändert worden. Es wurde nichts wiederhergestellt. Bitte sehen Sie "
                            "sich noch einmal an, was anders würde."
                        )
                comment = f"Stand vom {when(revision.date_created)} wiederhergestellt" if row else "Zurückgeholt"
                notes = restoring.restore(revision, key, request.user, comment)
        except ValidationError as error:
            self.message_user(
                request, format_html_join("\n", "{}", ((text,) for text in error.messages)), messages.ERROR
            )
            return HttpResponseRedirect(request.path)
        back = models.QuerySet(self.model).get(pk=key[1])
        self.log_change(request, back, comment)
        there_again = f"„{back}“ ist wieder da{', als Entwurf' if isinstance(back, Publishable) else ''}."
        self.message_user(request, f"„{back}“: {comment}." if row else there_again)
        for text in notes:
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(then)

    # How it looked ----------------------------------------------------------------------------------

    def previews(self, row, revision) -> list[tuple[str, str]]:
        if not isinstance(row, Content) or not hasattr(self, "preview"):
            return []
        return [
            (languages.BY_CODE[code].german_name, self.address("version_preview", quote(row.pk), revision.pk, code))
            for code in row.languages_available()
        ]

    def version_preview(self, request, object_id, revision, language):
        """The old state for as long as the page is made; then everything is as before."""
        row = self.found(request, object_id)
        chosen = get_object_or_404(Revision, pk=revision)
        if row is None or not hasattr(self, "preview"):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        try:
            with transaction.atomic(), not_recording():
                restoring.restore(chosen, snapshots.key_of(row), request.user, "")
                response = self.preview(request, row.pk, language)
                transaction.set_rollback(True)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return HttpResponseRedirect(self.address("version", object_id, revision))
        return response

    # What was deleted -------------------------------------------------------------------------------

    def may_recover(self, request) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def deleted(self):
        """The last version of each row that is not there any more."""
        number = Cast(OuterRef("object_id"), self.opts.pk.__class__()) if not self.opts.pk.is_relation else None
        there = models.QuerySet(self.model).filter(pk=number)
        versions = Version.objects.get_for_model(self.model).filter(~Exists(there), revision__comment=DELETED)
        last = versions.order_by().values("object_id").annotate(last=Max("pk")).values("last")
        return Version.objects.filter(pk__in=last).select_related("revision__user").order_by("-pk")

    def deleted_view(self, request):
        if not self.may_recover(request):
            raise PermissionDenied
        page = Paginator(self.deleted(), PER_PAGE).get_page(request.GET.get("seite"))
        trees = snapshots.rows_of([version.revision_id for version in page.object_list])
        lines = []
        for version in page.object_list:
            key = (self.opts.label_lower, version.object_id)
            fields = trees[version.revision_id].get(key)
            lines.append(
                (
                    wording.title(key, fields, wording.Names([])) if fields else version.object_repr or key[1],
                    version.revision,
                    called(version.revision.user),
                    self.address("recover", version.revision_id),
                )
            )
        context = self.page(
            request, f"Gelöschtes zurückholen: {self.opts.verbose_name_plural}", lines=lines, versions=page
        )
        return render(request, "admin/versions/deleted.html", context)

    def gone(self, request, pk):
        """Somebody has deleted it while somebody else was writing: what was written waits until it is back."""
        version = self.deleted().filter(object_id=str(pk)).first()
        if version is None:
            return None
        revision = version.revision
        recover = self.address("recover", revision.pk) if self.may_recover(request) else ""
        return kept.page(request, {"who": called(revision.user), "when": revision.date_created, "recover": recover})

    def recover_view(self, request, revision):
        if not self.may_recover(request):
            raise PermissionDenied
        chosen = Revision.objects.filter(pk=revision).first()
        version = chosen and self.deleted().filter(revision=chosen).first()
        if version is None:
            self.message_user(
                request, "Das gibt es schon wieder, oder die Version ist nicht mehr da.", messages.WARNING
            )
            return HttpResponseRedirect(self.address("deleted"))
        key = (self.opts.label_lower, version.object_id)
        rows = restoring.rows_at(version.revision, key)
        if request.method == "POST":
            return self.restored(request, version.revision, key, rows, self.address("change", quote(version.object_id)))
        names = wording.Names([rows])
        context = self.page(
            request,
            f"Zurückholen: {wording.title(key, rows[key], names) if rows else key[1]}",
            revision=version.revision,
            who=called(version.revision.user),
            fits=bool(rows),
            changes=wording.compare({}, rows, key, names),
            pointers=len(rows.get(key, {}).get(snapshots.POINTERS, [])),
            back=self.address("deleted"),
        )
        return render(request, "admin/versions/recover.html", context)

    # What others point to -----------------------------------------------------------------------------

    def render_delete_form(self, request, context):
        row = context["object"]
        pointing = [*protecting(row), *emptied(row)]
        context["pointing"] = [
            (kind, [(str(other), self.edit_address(other)) for other in others], must_stay)
            for kind, others, must_stay in pointing
        ]
        context["archivable"] = isinstance(row, Publishable) and row.status != Publishable.Status.ARCHIVED
        context["archivable"] = context["archivable"] and self.has_change_permission(request, row)
        return super().render_delete_form(request, context)

    def edit_address(self, row) -> str:
        if not self.admin_site.is_registered(type(row)):
            model, pk = kinds.whole_of(row)
            return (
                reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
                if self.admin_site.is_registered(model)
                else ""
            )
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])

    def archive_instead(self, request, object_id):
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_change_permission(request, row) or not isinstance(row, Publishable):
            raise PermissionDenied
        conflicts.lock(row)
        row.refresh_from_db()
        row.status = Publishable.Status.ARCHIVED
        row.save()
        self.log_change(request, row, "Archiviert statt gelöscht")
        self.message_user(request, f"„{row}“ ist archiviert: nicht mehr öffentlich, aber noch da.")
        return HttpResponseRedirect(self.address("change", quote(row.pk)))

    # Second reader ------------------------------------------------------------------------------------

    def proofread_view(self, request, object_id):
        row = self.found(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            with transaction.atomic():
                conflicts.lock(row)  # nobody changes it between comparing and ticking off
                return self.proofread(request, row)
        state, key = approval.of(row), snapshots.key_of(row)
        if state is None or not state.waiting:
            return self.nothing_to_read(request, row)
        present = snapshots.of(row)
        before = restoring.rows_at(state.read_revision, key) if state.read_revision_id else {}
        context = self.page(
            request,
            f"Gegenlesen: {row}",
            row=row,
            state=state,
            who=called(state.author),
            changes=wording.compare(before, present, key) if before else [],
            may_tick=self.may_tick(request, row, state),
            seen=snapshots.digest(present),
            change_url=self.address("change", quote(row.pk)),
            handbook="freigabe",
        )
        return render(request, "admin/versions/proofread.html", context)

    def nothing_to_read(self, request, row):
        self.message_user(request, f"Bei „{row}“ gibt es nichts gegenzulesen.")
        return HttpResponseRedirect(self.address("change", quote(row.pk)))

    def may_tick(self, request, row, state) -> bool:
        return self.has_change_permission(request, row) and state.author_id != request.user.pk

    def proofread(self, request, row):
        state = approval.of(row)
        if state is None or not state.waiting:
            return self.nothing_to_read(request, row)
        if not self.may_tick(request, row, state):
            raise PermissionDenied
        if request.POST.get(conflicts.TOKEN) != snapshots.digest(snapshots.of(row)):
            self.message_user(
                request, "Gerade ist noch etwas geändert worden. Bitte lesen Sie noch einmal.", messages.WARNING
            )
            return HttpResponseRedirect(request.path)
        last = snapshots.last_revisions(self.model, [row.pk]).get(str(row.pk))
        Proofreading.objects.filter(pk=state.pk).update(
            waiting=False, read_by=request.user, read_at=timezone.now(), read_revision=last
        )
        audit.note(AuditEntry.Action.APPROVE, request.user, row)
        self.message_user(request, f"„{row}“ ist gegengelesen.")
        return HttpResponseRedirect(reverse("admin:versions_proofreading_changelist"))


# Forms ------------------------------------------------------------------------------------------------


def careful(clean, request):
    """Around a form's own `clean`: nobody is written over unseen, and nothing unfinished or unread becomes public."""

    def checked(form):
        data = clean(form)
        data = form.cleaned_data if data is None else data
        if getattr(request, "conflict", None):
            form.add_error(
                None, "Gesichert ist noch nichts: Bitte sehen Sie sich zuerst an, was inzwischen geändert wurde."
            )
        status = data.get("status")
        if isinstance(form.instance, Publishable) and status == PUBLISHED:
            before = models.QuerySet(type(form.instance)).filter(pk=form.instance.pk).values_list("status", flat=True)
            if list(before) != [PUBLISHED]:
                for name, problem in approval.unfinished(data, type(form.instance)).items():
                    form.add_error(name if name in form.fields else None, problem)
                for part, texts in sent_parts(form.instance):
                    for problem in approval.in_words(part._meta.model, texts):
                        form.add_error(None, f"{capfirst(part._meta.model._meta.verbose_name)}, {problem}")
                if is_own(form, request.user):
                    form.add_error("status", approval.OWN_TEXT)
        return data

    return checked


def is_own(form, user) -> bool:
    if not approval.is_needed():
        return False
    if form.instance.pk is None or approval.author(form.instance) == user.pk:
        return True
    mine = any(approval.is_own_text(type(form.instance), name) for name in form.changed_data)
    return mine or any(
        approval.is_own_text(part._meta.model, name)
        for part in forms_of_parts(form.instance)
        for name in part.changed_data
    )


def forms_of_parts(row):
    return (part for formset in getattr(row, "_formsets", ()) for part in formset.forms)


def sent_parts(row):
    """Each part's form with what was typed there, but for those that are to go."""
    for part in forms_of_parts(row):
        texts = {name: part[name].value() for name in part.fields}
        if not texts.get("DELETE"):
            yield part, texts


def careful_cells(clean):
    def checked(form):
        data = clean(form)
        data = form.cleaned_data if data is None else data
        row = form.instance
        for name in list(data):
            if name == row._meta.pk.name:
                continue
            present = row._meta.get_field(name).value_from_object(row)
            shown = form[name].html_initial_name
            if shown not in form.data:
                continue  # sent by hand: it is meant as it stands there
            if name not in form.changed_data:
                data[name] = getattr(row, name)  # nobody touched it here; somebody may have elsewhere
            elif str(present) != form.data[shown] and present != data[name]:
                form.add_error(
                    name, f"Hier steht inzwischen „{present}“. Bitte noch einmal eintragen, was gelten soll."
                )
        return data

    return checked


# What points to a row ---------------------------------------------------------------------------------


def protecting(row):
    """What keeps it from being deleted, by kind."""
    for relation in row._meta.related_objects:
        if relation.on_delete is models.PROTECT:
            others = models.QuerySet(relation.related_model).filter(**{relation.field.name: row.pk})
            if found := list(others.select_related()[:50]):
                yield relation.related_model._meta.verbose_name_plural, found, True


def emptied(row):
    """What would lose its pointer."""
    for relation in row._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or not kinds.is_kept(relation.related_model):
            continue
        empties = relation.one_to_many and relation.on_delete is models.SET_NULL
        if empties or (relation.many_to_many and relation.field.remote_field.through._meta.auto_created):
            others = models.QuerySet(relation.related_model).filter(**{relation.field.name: row.pk})
            if found := list(others.select_related()[:50]):
                yield relation.related_model._meta.verbose_name_plural, found, False
