"""The staff's side. What every feature's admin shares is here; texts are German, as the staff are."""

from datetime import timedelta

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseRedirect
from django.urls import path, resolve, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.text import capfirst
from django.views.decorators.http import require_POST, require_safe
from js_asset import Media as NonceMedia
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline
from modeltranslation.utils import build_localized_fieldname
from post_office.admin import EmailAdmin
from post_office.models import STATUS, Email, EmailTemplate, Log

from . import languages, outbox, rich_text
from .fields import RichTextField
from .models import (
    AccessibilityIssue,
    AccessibilityStatement,
    BarrierReport,
    FederalState,
    HomeBlock,
    Link,
    Notice,
    Page,
    PageSection,
    Publishable,
    SiteProfile,
    TopTask,
)
from .on_demand import view_class
from .translations import matrix, rights
from .upkeep.contents import ToDoFilter
from .versions import approval, conflicts, snapshots
from .versions.recording import recording
from .versions.staff import Versioned

PUBLICATION = ("Veröffentlichen", {"fields": ["status", ("publish_from", "publish_until")]})
FRESHNESS = ("Stand und Übersetzung", {"fields": [("verified_on", "review_due", "responsible"), "machine_translated"]})


# The editor puts one fixed <style> into the page; its hash lets it pass, in the admin only.
EDITOR_STYLE = "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"


class LanguageFields:
    """Fields of twelve languages: named in German, written in their own direction."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in {"machine_translated", "languages"}:
            return forms.MultipleChoiceField(
                label=capfirst(db_field.verbose_name),
                help_text=db_field.help_text,
                initial=db_field.get_default(),
                choices=[(x.code, x.german_name) for x in languages.LANGUAGES],
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and (code := getattr(db_field, "language", None)):
            name = capfirst(db_field.translated_field.verbose_name)
            field.label = format_html(
                "{} <span class='language-name'>({})</span>", name, languages.BY_CODE[code].german_name
            )
            field.widget.attrs |= {"lang": code, "dir": languages.direction(code)}
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 4  # two languages side by side, and the form stays short
        return field


class PartInline(LanguageFields, TranslationStackedInline):
    """Rows that belong to a content and are edited with it."""

    extra = 0
    show_change_link = False


def vague_links(row, codes=languages.BY_CODE):
    """Each link of a row that does not say where it leads, as "„hier“ (Text, Arabisch)"."""
    for field in row._meta.concrete_fields:
        if hasattr(row, build_localized_fieldname(field.name, languages.SOURCE)):
            continue  # the column without language repeats another one
        base = getattr(field, "translated_field", field)
        text = getattr(row, field.name) or ""
        if isinstance(field, RichTextField):
            found = rich_text.link_texts(text)
        else:
            found = [text] if base.name == getattr(row, "LINK_TEXT", None) else []
        code = getattr(field, "language", languages.SOURCE)
        for link in found if code in codes else []:
            if rich_text.says_nothing(link, code):
                yield f"„{link}“ ({row._meta.verbose_name}, {base.verbose_name}, {languages.BY_CODE[code].german_name})"


def warn_of_vague_links(request, found):
    if found:
        messages.warning(
            request,
            format_html(
                "Diese Linktexte sagen nicht, wohin sie führen. Viele lassen sich nur die Links vorlesen; besser ist "
                "zum Beispiel „Zum Integrationskonzept“.<ul>{}</ul>",
                format_html_join("", "<li>{}</li>", ([link] for link in found)),
            ),
        )


class PortalAdmin(Versioned, LanguageFields, TranslationAdmin):
    """Any model with texts in several languages."""

    list_per_page = 50
    save_on_top = True
    change_form_template = "admin/portal_change_form.html"

    class Media:
        js = (forms.Script("admin_portal/languages.js", defer=True),)

    def render_change_form(self, request, context, *args, **kwargs):
        # The editor needs an inline import map; the nonce lets this one through and nothing else.
        context["media"] = NonceMedia.from_media(context["media"], nonce=str(request.csp_nonce))
        if (row := kwargs.get("obj")) and self.has_change_permission(request, row):
            context["translations_url"] = matrix.address(row)
        context["language_names"] = {x.code: x.german_name for x in languages.LANGUAGES}
        if request.FILES:  # the form comes back with errors, and browsers do not keep files
            names = ", ".join(file.name for file in request.FILES.values())
            self.message_user(request, f"Bitte die Datei noch einmal auswählen: {names}", "WARNING")
        response = super().render_change_form(request, context, *args, **kwargs)
        response._csp_update = {"style-src": EDITOR_STYLE}
        return response

    def construct_change_message(self, request, form, formsets, add=False):
        """What the log keeps is text; the names of fields in several languages are HTML."""
        message = super().construct_change_message(request, form, formsets, add)
        for said in (said for entry in message for said in entry.values() if "fields" in said):
            said["fields"] = [strip_tags(name) for name in said["fields"]]
        return message

    def get_deleted_objects(self, objs, request):
        """Without the rows that only join two tables: nobody has ever seen them, and they have no name."""
        found, counts, *rest = super().get_deleted_objects(objs, request)
        joining = [model for model in apps.get_models(include_auto_created=True) if model._meta.auto_created]
        names = tuple(f"{capfirst(model._meta.verbose_name)}: {model.__name__} object (" for model in joining)

        def shown(tree):
            return [shown(x) if isinstance(x, list) else x for x in tree if not str(x).startswith(names)]

        plurals = {model._meta.verbose_name_plural for model in joining}
        return shown(found), {kind: number for kind, number in counts.items() if kind not in plurals}, *rest

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        parts = [part.instance for formset in formsets for part in formset.forms if part.instance.pk]
        warn_of_vague_links(request, [link for row in [form.instance, *parts] for link in vague_links(row)])


class ListWithTranslations(ChangeList):
    def get_results(self, request):
        super().get_results(request)
        matrix.look_up(self.result_list)


class ContentAdmin(PortalAdmin):
    """A model whose rows are pages of the site."""

    list_display = ("title", "status", "translations", "as_of", "due")
    list_filter = (ToDoFilter, "status")
    upkeep = ("freigabe", "pruefen", "endet", "entwurf")
    search_fields = ("title_de", "slug")
    actions = ("publish", "hand_in", "archive", "mark_verified")

    def get_changelist(self, request, **kwargs):
        return ListWithTranslations

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "responsible":
            field.label_from_instance = lambda user: user.get_full_name() or user.get_username()
        return field

    def get_view_on_site_url(self, obj=None):
        """Only of what readers can see: of all else there is the preview."""
        if obj and self.model.objects.published().filter(pk=obj.pk).exists():
            return super().get_view_on_site_url(obj)
        return None

    @admin.display(description="Sprachen")
    def translations(self, content):
        return matrix.in_short(content)

    @admin.display(description="Stand", ordering="verified_on")
    def as_of(self, content):
        return date_format(content.verified_on, "SHORT_DATE_FORMAT") if content.verified_on else None

    @admin.display(description="wieder prüfen", ordering="review_due")
    def due(self, content):
        return date_format(content.review_due, "SHORT_DATE_FORMAT") if content.review_due else None

    @admin.action(description="Veröffentlichen (freigeben)", permissions=["change"])
    def publish(self, request, queryset):
        ready = self.ready_for_the_public(request, queryset)
        self._set(request, queryset.filter(pk__in=ready), "veröffentlicht", status=Publishable.Status.PUBLISHED)

    def ready_for_the_public(self, request, queryset):
        """Says of each other one why not."""
        hidden = list(queryset.exclude(status=Publishable.Status.PUBLISHED))
        rows = snapshots.now(self.model, [content.pk for content in hidden])
        authors = approval.authors(self.model, rows) if approval.is_needed() else {}
        reasons = {content: approval.unfinished_parts(rows[content.pk]) for content in hidden}
        for content in hidden:
            if authors.get(str(content.pk)) == request.user.pk:
                reasons[content].append(
                    "Sie haben den Text zuletzt selbst geändert; freigeben muss eine andere Person."
                )
        stopped = {content: said for content, said in reasons.items() if said}
        for content, said in stopped.items():
            url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[content.pk])
            text = format_html('Nicht veröffentlicht: <a href="{}">{}</a>. {}', url, content, " ".join(said))
            self.message_user(request, text, "WARNING")
        return [content.pk for content in queryset if content not in stopped]

    @admin.action(description="Zur Freigabe geben", permissions=["change"])
    def hand_in(self, request, queryset):
        hidden = queryset.exclude(status=Publishable.Status.PUBLISHED)
        self._set(request, hidden, "zur Freigabe gegeben", status=Publishable.Status.REVIEW)

    @admin.action(description="Archivieren (nicht mehr zeigen)", permissions=["change"])
    def archive(self, request, queryset):
        self._set(request, queryset, "archiviert", status=Publishable.Status.ARCHIVED)

    @admin.action(description="Heute geprüft: alles stimmt noch", permissions=["change"])
    def mark_verified(self, request, queryset):
        self._each(request, queryset, "als geprüft markiert", lambda content: self.set_verified(request, content))

    def set_verified(self, request, content):
        content.verified_on = timezone.localdate()
        content.review_due = content.verified_on + timedelta(days=365)

    def _set(self, request, queryset, done, **values):
        def change(content):
            for name, value in values.items():
                setattr(content, name, value)

        self._each(request, queryset, done, change)

    def _each(self, request, queryset, done, change):
        with recording(request.user, f"Sammelaktion: {done}") as record:
            conflicts.lock_many(self.model, queryset.values_list("pk", flat=True))
            contents = list(queryset.all())
            record.touch_many(self.model, [content.pk for content in contents])
            for content in contents:
                change(content)
                content.save()
                self.log_change(request, content, f"Sammelaktion: {done}")
        count = len(contents)
        self.message_user(request, f"{count} {'Eintrag' if count == 1 else 'Einträge'} {done}.")

    def get_action_choices(self, request, default_choices=()):
        return super().get_action_choices(request, default_choices or [("", "– Aktion wählen –")])

    # Preview ----------------------------------------------------------------------------------------

    def get_urls(self):
        view = require_safe(self.admin_site.admin_view(self.preview))
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        return [path("<int:pk>/vorschau/<str:language>/", view, name=name), *super().get_urls()]

    def preview_url(self, pk, language):
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_preview", args=[pk, language])

    def may_preview(self, request, content):
        """Who translates it, too: a text is understood better where it will stand."""
        return self.has_view_permission(request, content) or self.opts.label_lower in rights.of(request.user).kinds

    def preview(self, request, pk, language):
        """The page as a visitor will see it, from the very view that will serve it."""
        content = self.get_object(request, str(pk))
        if content is None or language not in languages.BY_CODE or not self.may_preview(request, content):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        request.language_urls = {code: self.preview_url(pk, code) for code in languages.BY_CODE}
        with translation.override(language):
            view = view_class(resolve(content.get_absolute_url()))
            response = view.as_view(preview=True, extra_context={"preview": True})(request, slug=content.slug)
            return response.render()

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["preview_url"] = self.preview_url(obj.pk, languages.SOURCE)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


class Singleton:
    """A model with one row: its list is its form."""

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not self.model.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        row = self.model.objects.first()
        target = ("change", [row.pk]) if row else ("add", [])
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{target[0]}", args=target[1])
        )


@admin.register(SiteProfile)
class SiteProfileAdmin(Singleton, PortalAdmin):
    handbook = "portal-einrichten"
    fieldsets = [
        ("Wessen Portal ist das?", {"fields": ["name", ("kind", "land"), "title", "lead", "introduction"]}),
        (
            "Kontakt",
            {"fields": ["street", ("postal_code", "city"), ("phone", "email"), "website", "opening_hours"]},
        ),
        ("Aussehen", {"fields": ["logo", "logo_alt", "logo_decorative", "colour"]}),
        ("Sprachen", {"fields": ["languages", "machine_translated"]}),
        ("Arbeitsweise", {"fields": ["second_reader"]}),
        (
            "Impressum",
            {"fields": ["legal_form", "representative", "editor", "supervisory_authority", "vat_id", "legal_notice"]},
        ),
        ("Datenschutz", {"fields": ["dpo", ("dpo_email", "dpo_phone"), "hosting", "privacy_notice"]}),
    ]

    def save_model(self, request, profile, form, change):
        super().save_model(request, profile, form, change)
        if profile.land and not profile.land.enforcement_name:
            self.message_user(
                request,
                f"Für {profile.land} ist noch keine Schlichtungs- oder Ombudsstelle eingetragen; sie gehört in die "
                "Erklärung zur Barrierefreiheit. Die Gruppe Administration trägt sie unter „Länder und ihre Stellen“ ein.",
                "WARNING",
            )


@admin.register(TopTask)
class TopTaskAdmin(PortalAdmin):
    handbook = "startseite-aufbauen"
    list_display = ("title", "link", "order")
    list_editable = ("order",)
    fieldsets = [(None, {"fields": ["title", "text", "icon", "link", "order", "machine_translated"]})]


@admin.register(HomeBlock)
class HomeBlockAdmin(PortalAdmin):
    handbook = "startseite-aufbauen"
    list_display = ("__str__", "kind", "order", "shown")
    list_editable = ("order", "shown")
    fieldsets = [
        (None, {"fields": ["kind", ("order", "shown"), "title"]}),
        ("Aufruf", {"fields": ["text", "link", "link_text"]}),
        ("Übersetzung", {"fields": ["machine_translated"]}),
    ]


@admin.register(Link)
class LinkAdmin(PortalAdmin):
    handbook = "startseite-aufbauen"
    list_display = ("title", "url", "order")
    list_editable = ("order",)
    fieldsets = [(None, {"fields": ["title", "text", "url", "order", "machine_translated"]})]


@admin.register(Notice)
class NoticeAdmin(PortalAdmin):
    handbook = "hinweis-auf-allen-seiten"
    list_display = ("text", "level", "status", "publish_from", "publish_until")
    list_filter = (ToDoFilter, "status", "level")
    upkeep = ("freigabe", "endet", "entwurf")
    fieldsets = [
        (None, {"fields": ["text", "level", "link", "link_text"]}),
        PUBLICATION,
        ("Übersetzung", {"fields": ["machine_translated"]}),
    ]


class PageSectionInline(PartInline):
    model = PageSection


@admin.register(Page)
class PageAdmin(ContentAdmin):
    handbook = "seite-schreiben"
    list_display = ("title", "parent", "order", "in_menu", "status", "translations", "as_of", "due")
    list_filter = (ToDoFilter, "status", "in_menu")
    autocomplete_fields = ("parent", "picture")
    inlines = [PageSectionInline]
    fieldsets = [
        (None, {"fields": ["title", "lead", "picture", "body"]}),
        ("Ort im Portal", {"fields": ["slug", "parent", ("order", "in_menu")]}),
        PUBLICATION,
        FRESHNESS,
    ]


class AccessibilityIssueInline(PartInline):
    model = AccessibilityIssue


@admin.register(AccessibilityStatement)
class AccessibilityStatementAdmin(Singleton, PortalAdmin):
    handbook = "barrierefreiheit-erklaerung"
    inlines = [AccessibilityIssueInline]
    readonly_fields = ("monitoring",)
    fieldsets = [
        ("Ergebnis", {"fields": ["scope", "conformance", "standard", "note", "monitoring"]}),
        ("Prüfung", {"fields": [("method", "tester"), ("created_on", "evaluated_on", "reviewed_on")]}),
        PUBLICATION,
        ("Übersetzung", {"fields": ["machine_translated"]}),
    ]

    @admin.display(description="Überwachungsstelle")
    def monitoring(self, statement):
        """Some Länder want the statement sent there when it is new and when it changes."""
        land = SiteProfile.current().land
        return f"{land.monitoring_name}, {land.monitoring_email}" if land and land.monitoring_name else None

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj and obj.is_outdated():
            self.message_user(request, "Die letzte Überprüfung ist mehr als ein Jahr her. Bitte neu prüfen.", "WARNING")
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


@admin.register(FederalState)
class FederalStateAdmin(Versioned, admin.ModelAdmin):
    handbook = "portal-einrichten"
    list_display = ("name", "enforcement_name", "privacy_authority")

    def has_delete_permission(self, request, obj=None):
        return False


class Answered(admin.SimpleListFilter):
    title = "Bearbeitung"
    parameter_name = "bearbeitung"

    def lookups(self, request, model_admin):
        return [("offen", "zu beantworten"), ("ueberfaellig", "über der Frist"), ("erledigt", "erledigt")]

    def queryset(self, request, queryset):
        late = Q(due_on__lt=timezone.localdate())
        conditions = {
            "offen": Q(closed_on=None) & ~late,
            "ueberfaellig": Q(closed_on=None) & late,
            "erledigt": Q(closed_on__isnull=False),
        }
        return queryset.filter(conditions.get(self.value(), Q()))


@admin.register(BarrierReport)
class BarrierReportAdmin(admin.ModelAdmin):
    handbook = "barriere-beantworten"
    list_display = ("reference", "created", "due_on", "overdue", "closed_on")
    list_filter = (Answered,)
    readonly_fields = (
        "reference",
        "message",
        "page",
        "name",
        "email",
        "language",
        "created",
        "due_on",
        "limit",
        "reply",
        "delete_after",
    )
    fieldsets = [
        ("Meldung", {"fields": ["reference", "message", "page", "name", "email", "language", "created"]}),
        ("Bearbeitung", {"fields": [("due_on", "limit"), "reply", "note", "closed_on", "delete_after"]}),
    ]

    def has_add_permission(self, request):
        return False

    @admin.display(description="Nummer")
    def reference(self, report):
        return report.reference

    @admin.display(description="überfällig", boolean=True)
    def overdue(self, report):
        return report.closed_on is None and report.due_on < timezone.localdate()

    @admin.display(description="Spätestens")
    def limit(self, report):
        """By the Land's law; after that an interim message at least."""
        land = SiteProfile.current().land
        return date_format(report.created.date() + timedelta(days=land.answer_days_limit)) if land else None

    @admin.display(description="Vorlage für die Antwort")
    def reply(self, report):
        land = SiteProfile.current().land
        lines = [
            "Guten Tag,",
            f"danke für Ihre Meldung {report.reference}. Wir haben Folgendes getan: …",
        ]
        if land and land.enforcement_name:
            lines.append(
                "Wenn Ihnen unsere Antwort nicht hilft, können Sie sich kostenlos an diese Stelle wenden: "
                f"{land.enforcement_name}, {land.enforcement_url}"
            )
        return format_html(
            "<textarea rows='8' class='vLargeTextField' aria-label='Vorlage für die Antwort' readonly>{}</textarea>",
            "\n\n".join(lines),
        )


class QuietSearch:
    """For the list of a ModelAdmin in which names or addresses of people are searched for: they belong in no address of a
    page, because servers note those. The address of the answer has the numbers of what was found, and no more than fit."""

    change_list_template = "admin/quiet_search.html"
    most_found = 50

    def get_urls(self):
        view = require_POST(self.admin_site.admin_view(self.search_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_search"
        return [path("suche/", view, name=name), *super().get_urls()]

    def search_view(self, request):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        term = request.POST.get("q", "").replace("\0", "").strip()[:200]
        found, _twice = self.get_search_results(request, self.get_queryset(request), term)
        pks = [str(pk) for pk in found.values_list("pk", flat=True).distinct()[: self.most_found + 1]]
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        if term and not pks:
            self.message_user(request, "Nichts gefunden.", "WARNING")
        elif len(pks) > self.most_found:
            self.message_user(request, f"Mehr als {self.most_found} gefunden. Bitte genauer suchen.", "WARNING")
        elif term:
            address += "?id__in=" + ",".join(pks)
        return HttpResponseRedirect(address)


# Of the mail queue staff need the mails; the rest is the library's business.
for model in (Email, EmailTemplate, Log):
    admin.site.unregister(model)


MAIL_IS_LATE = timedelta(hours=1)


def stuck_mails() -> dict[str, tuple[str, Q]]:
    """What shows that the mail server is down, or that an address does not exist."""
    late = timezone.now() - MAIL_IS_LATE
    waiting = Q(status__in=(STATUS.queued, STATUS.requeued)) | Q(status=None)
    return {
        "wartet": ("nach einer Stunde noch nicht verschickt", waiting & Q(created__lt=late)),
        "gescheitert": ("gescheitert", Q(status=STATUS.failed)),
    }


class Stuck(admin.SimpleListFilter):
    title = "Zustellung"
    parameter_name = "zustellung"

    def lookups(self, request, model_admin):
        return [(value, label) for value, (label, _condition) in stuck_mails().items()]

    def queryset(self, request, queryset):
        conditions = stuck_mails()
        return queryset.filter(conditions[self.value()][1]) if self.value() in conditions else queryset


def mails_for(user, mails):
    """Of the queue what somebody may see: who manages the portal all but private mails, the coordination those.

    Links to a new password are shown to nobody: whoever reads one can take over the account.
    """
    private = Q(headers__Sensitivity=outbox.PRIVATE)
    mails = mails.exclude(pk__in=Email.objects.filter(headers__Sensitivity=outbox.PERSONAL).values("pk"))
    if not user.has_perm("portal.view_private_mail"):
        # Not exclude(): a mail without headers is not a private one.
        mails = mails.exclude(pk__in=Email.objects.filter(private).values("pk"))
    return mails if user.has_perm("post_office.view_email") else mails.filter(private)


@admin.register(Email)
class MailAdmin(QuietSearch, EmailAdmin):
    """Who manages the portal sees that mails go out; who looks after volunteers sees those to and about them."""

    handbook = "was-heute-ansteht"
    list_filter = (Stuck, "status")
    search_help_text = "Adresse oder Betreff"
    most_found = 200

    def get_queryset(self, request):
        return mails_for(request.user, super().get_queryset(request))

    def has_module_permission(self, request):
        return super().has_module_permission(request) or request.user.has_perm("portal.view_private_mail")

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or request.user.has_perm("portal.view_private_mail")
