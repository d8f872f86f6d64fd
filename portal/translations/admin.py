"""The staff's and the translators' pages. They work without JavaScript."""

import logging

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from js_asset import Media as NonceMedia

from portal import languages, spreadsheets
from portal.admin import EDITOR_STYLE, ContentAdmin, LanguageFields, vague_links, warn_of_vague_links
from portal.files import download
from portal.kept_files import KeptFiles

from . import exchange, machine, matrix, parts, rights, side_by_side, states
from .forms import ExportForm, UploadForm
from .models import Translation

FILES = KeptFiles("translations", "translations-import")
logger = logging.getLogger("portal")


@admin.register(Translation)
class TranslationAdmin(LanguageFields, admin.ModelAdmin):
    """The matrix in place of a list, side-by-side editing in place of a form."""

    handbook = "uebersetzung-beauftragen"

    def rights(self, request) -> rights.Rights:
        if not hasattr(request, "translation_rights"):
            request.translation_rights = rights.of(request.user)
        return request.translation_rights

    def has_view_permission(self, request, obj=None):
        found = self.rights(request)
        return bool(found.kinds and found.codes)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return False

    has_change_permission = has_delete_permission = lambda self, request, obj=None: False

    def get_urls(self):
        pages = (
            ("", self.changelist_view, "changelist"),
            ("export/", self.export_view, "export"),
            ("import/", self.import_view, "import"),
            ("import/<str:token>/", self.check_view, "check"),
            ("<str:kind>/<int:pk>/<str:code>/", self.edit_view, "edit"),
        )
        return [
            path(
                address,
                self.admin_site.admin_view(self.for_those_who_may(view)),
                name=f"translations_translation_{name}",
            )
            for address, view, name in pages
        ]

    def for_those_who_may(self, view):
        def checked(request, *args, **kwargs):
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    def page(self, request, title, **context):
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}

    # The matrix -------------------------------------------------------------------------------------

    def changelist_view(self, request, extra_context=None):
        found = self.rights(request)
        form = matrix.Filter(request.GET, found)
        codes = form.codes()
        page = Paginator(form.cells(), matrix.PER_PAGE).get_page(request.GET.get("p"))
        context = self.page(
            request,
            "Übersetzungen",
            form=form,
            page=page,
            rows=matrix.rows(list(page), codes, found),
            languages=[languages.BY_CODE[code] for code in codes],
            words=[(states.SIGNS[state], states.WORDS[state]) for state in reversed(matrix.State) if state],
            may_edit=found.may_translate_anything(),
        )
        return render(request, "admin/translations/matrix.html", context)

    # To translators and back ------------------------------------------------------------------------

    def export_view(self, request):
        found = self.rights(request)
        if not found.may_translate_anything():
            raise PermissionDenied
        chosen = matrix.Filter(request.GET, found)
        form = ExportForm(request.POST or None, codes=found.codes, initial={"language": chosen.codes()[0]})
        cells = chosen.cells()
        if request.method == "POST" and form.is_valid():
            code, kind = form.cleaned_data["language"], form.cleaned_data["format"]
            wanted = matrix.State if form.cleaned_data["what"] == "all" else exchange.TO_DO
            may = [cell for cell in cells if found.may_translate(cell.kind, code)]
            texts = list(exchange.to_translate(may, code, wanted))
            if texts:
                return self.file(exchange.export(texts, code, kind), code, kind)
            form.add_error(None, f"{languages.BY_CODE[code].german_name}: Hier fehlt nichts, und nichts ist veraltet.")
        context = self.page(request, "Texte zum Übersetzen exportieren", form=form, count=cells.count())
        return render(request, "admin/translations/export.html", context)

    def file(self, content, code, kind):
        name = f"uebersetzung-{code}-{timezone.localdate():%Y-%m-%d}"
        if kind == "xlsx":
            return download(content, spreadsheets.XLSX, f"{name}.xlsx")
        return download(content, "application/xliff+xml", f"{name}.xlf")

    def import_view(self, request):
        if not self.rights(request).may_translate_anything():
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            token = FILES.keep(form.cleaned_data["file"], request.user)
            return HttpResponseRedirect(reverse("admin:translations_translation_check", args=[token]))
        context = self.page(request, "Übersetzungen importieren", form=form, max_mb=settings.MAX_UPLOAD_MB)
        return render(request, "admin/translations/import.html", context)

    def check_view(self, request, token):
        kept = FILES.kept(token, request.user)
        if kept is None:
            messages.warning(
                request, "Die Datei ist nicht mehr da: Sie bleibt eine Stunde. Bitte noch einmal auswählen."
            )
            return HttpResponseRedirect(reverse("admin:translations_translation_import"))
        stored, name = kept
        result = {}
        try:
            with default_storage.open(stored) as file:
                result = self.check_or_write(request, file)
        except ValidationError as error:
            result = {"wrong": error.messages}
        except Exception:
            logger.exception("import of translations failed")
            result = {"wrong": [exchange.BROKEN]}
        if result.get("done"):
            default_storage.delete(stored)
        context = self.page(request, "Übersetzungen importieren", name=name, shown=exchange.SHOWN, **result)
        return render(request, "admin/translations/check.html", context)

    def check_or_write(self, request, file):
        found = self.rights(request)
        if request.method == "POST":
            machine = "machine" in request.POST
            done = exchange.import_all(
                file, request.POST.get("digest", ""), request.user, machine, found, self.formfield(request)
            )
            if done:
                return {"check": done, "done": True}
        check = exchange.check(file, found, self.formfield(request))
        return {"check": check, "digest": check.digest(), "moved_on": request.method == "POST"}

    # Side by side -----------------------------------------------------------------------------------

    def edit_view(self, request, kind, pk, code):
        found = self.rights(request)
        if kind not in parts.contents() or code not in states.TARGETS:
            raise Http404
        if not found.may_translate(kind, code):
            raise PermissionDenied
        if pk > 2**62:
            raise Http404
        if request.method == "POST" and "machine" in request.POST:
            return self.fill_by_machine(request, kind, pk, code)
        if request.method == "POST":
            return self.save_translation(request, kind, pk, code)
        content_parts = side_by_side.found(parts.contents()[kind], pk, code)
        return self.edit_page(request, kind, pk, code, content_parts)

    def edit_page(self, request, kind, pk, code, content_parts, form=None):
        content = parts.contents()[kind]._base_manager.filter(pk=pk).first()
        if content is None:
            messages.warning(request, "Diesen Inhalt gibt es nicht mehr.")
            return HttpResponseRedirect(reverse("admin:translations_translation_changelist"))
        form = form or self.translation_form(request, None, content_parts)
        language = languages.BY_CODE[code]
        texts = [text for part in content_parts for text in part.texts]
        context = self.page(
            request,
            f"{content}: {language.german_name}",
            form=form,
            content=content,
            preview_url=self.preview_url(request, content, code),
            language=language,
            direction=languages.direction(code),
            content_parts=[
                (
                    part.row,
                    part.row == content,
                    [(text, form[text.key], form[f"{text.key}-seen"]) for text in part.texts],
                )
                for part in content_parts
            ],
            machine=machine.host() if machine.is_available(code) else "",
            is_machine=code in content.machine_translated,
            outdated=sum(text.is_outdated for text in texts),
            missing=sum(text.state == matrix.State.MISSING for text in texts),
            media=NonceMedia.from_media(self.media + form.media, nonce=str(request.csp_nonce)),
            others=[
                (languages.BY_CODE[x], matrix.edit_address(kind, pk, x))
                for x in self.rights(request).codes
                if x != code and self.rights(request).may_translate(kind, x)
            ],
        )
        response = render(request, "admin/translations/edit.html", context)
        response._csp_update = {"style-src": EDITOR_STYLE}
        return response

    def preview_url(self, request, content, code):
        """How it will look in this language, also while it is a draft."""
        model_admin = self.admin_site.get_model_admin(type(content))
        may = isinstance(model_admin, ContentAdmin) and model_admin.may_preview(request, content)
        return model_admin.preview_url(content.pk, code) if may else ""

    def formfield(self, request):
        return lambda field: self.formfield_for_dbfield(field, request=request)

    def translation_form(self, request, data, content_parts):
        return side_by_side.TranslationForm(data, content_parts, self.formfield(request))

    def save_translation(self, request, kind, pk, code):
        model = parts.contents()[kind]
        with transaction.atomic():
            # Whoever saves the same content waits here, and then compares with what is there.
            content = model._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
            if content is None and (response := self.admin_site.get_model_admin(model).gone(request, pk)):
                return response
            content_parts = side_by_side.found(model, pk, code)
            form = self.translation_form(request, request.POST, content_parts)
            if content is None or not form.is_valid():
                form.bind_again()
                return self.edit_page(request, kind, pk, code, content_parts, form)
            reviewed = "reviewed" in request.POST and code in content.machine_translated
            if form.touched or reviewed:
                side_by_side.save(
                    content, form.touched, code, request.user, machine=False if reviewed else None, how="Übersetzt"
                )
            confirmed = self.confirm(request, form, code)
        self.tell(request, form, reviewed, confirmed, code)
        if "_next" in request.POST:
            following = matrix.next_after(kind, pk, code, self.rights(request))
            if following:
                return HttpResponseRedirect(matrix.edit_address(following.kind, following.object_id, code))
            messages.info(request, f"{languages.BY_CODE[code].german_name}: Dahinter ist nichts mehr zu tun.")
        if "_next" in request.POST or "_list" in request.POST:
            return HttpResponseRedirect(f"{reverse('admin:translations_translation_changelist')}?sprache={code}")
        return HttpResponseRedirect(request.get_full_path())

    def fill_by_machine(self, request, kind, pk, code):
        """Asks first and writes then: nobody who saves waits for a machine."""
        model = parts.contents()[kind]
        content_parts = side_by_side.found(model, pk, code)
        try:
            filled, refused = side_by_side.fill_by_machine(content_parts, code, self.formfield(request))
        except machine.NotTranslated as error:
            messages.error(request, f"{error} Es wurde nichts geändert.")
            return HttpResponseRedirect(request.get_full_path())
        answers = {text.key: (text.seen.partition(".")[0], getattr(text.row, text.field.name)) for text in filled}
        with transaction.atomic():
            content = model._base_manager.select_for_update(of=("self",)).filter(pk=pk).first()
            now = [text for part in side_by_side.found(model, pk, code) for text in part.texts]
            # Meanwhile somebody may have written something, or changed the German text.
            written = [
                text
                for text in now
                if text.key in answers
                and not text.translation.strip()
                and text.seen.startswith(f"{answers[text.key][0]}.")
            ]
            for text in written:
                setattr(text.row, text.field.name, answers[text.key][1])
            if content and written:
                side_by_side.save(content, written, code, request.user, machine=True, how="Maschinell übersetzt")
        if refused:
            labels = ", ".join(text.label for text in refused)
            messages.warning(request, f"Nicht zu gebrauchen war die Antwort der Maschine bei: {labels}.")
        number = f"{len(written)} {'Text' if len(written) == 1 else 'Texte'}"
        messages.success(request, f"{number} maschinell übersetzt. Bitte lesen, berichtigen und als geprüft vermerken.")
        return HttpResponseRedirect(request.get_full_path())

    def confirm(self, request, form, code):
        """What is still right; what has just been written is anyway."""
        chosen = request.POST.getlist("still")
        confirmed = [
            text
            for text in form.texts
            if text.is_outdated and text not in form.touched and ("*" in chosen or text.key in chosen)
        ]
        states.still_right(((text.row, text.name) for text in confirmed), code)
        return confirmed

    def tell(self, request, form, reviewed, confirmed, code):
        said = []
        if form.touched:
            said.append(f"{len(form.touched)} {'Text' if len(form.touched) == 1 else 'Texte'} gesichert.")
        if confirmed:
            said.append(f"{len(confirmed)} {'Text stimmt' if len(confirmed) == 1 else 'Texte stimmen'} noch.")
        if reviewed:
            said.append("Als von einem Menschen geprüft vermerkt.")
        messages.success(request, " ".join(said)) if said else messages.info(request, "Es hat sich nichts geändert.")
        rows = {states.key(text.row): text.row for text in form.touched}
        warn_of_vague_links(request, [link for row in rows.values() for link in vague_links(row, [code])])
