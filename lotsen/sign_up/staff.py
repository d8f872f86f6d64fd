"""What the public page says, how the office works with volunteers, and how its mails are worded."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.template.defaultfilters import linebreaksbr
from django.urls import path, reverse
from django.utils import translation
from django.utils.html import format_html
from django.views.decorators.http import require_safe
from modeltranslation.utils import build_localized_fieldname

from portal import languages
from portal.admin import PUBLICATION, PartInline, PortalAdmin, Singleton

from .. import mails, retention
from ..models import KindOfHelp, LotsenPage, LotsenSettings, MailText, NoticeText, Voice
from .views import PublicPage


class VoiceInline(PartInline):
    model = Voice


@admin.register(LotsenPage)
class LotsenPageAdmin(Singleton, PortalAdmin):
    handbook = "portal-einrichten"
    inlines = [VoiceInline]
    autocomplete_fields = ("office",)
    fieldsets = [
        (None, {"fields": ["title", "lead", "body"]}),
        ("Für alle, die mitmachen möchten", {"fields": ["expectations", "training"]}),
        ("Für alle, die eine Begleitung brauchen", {"fields": ["company"]}),
        ("Kontakt und Termine", {"fields": ["office"]}),
        PUBLICATION,
        ("Übersetzung", {"fields": ["machine_translated"]}),
    ]

    # As of every content (portal/admin.py); this page has no slug to be found by.
    def get_urls(self):
        view = require_safe(self.admin_site.admin_view(self.preview))
        return [path("vorschau/<str:language>/", view, name="lotsen_lotsenpage_preview"), *super().get_urls()]

    def preview(self, request, language):
        """The page as a visitor will see it, from the very view that will serve it."""
        found = LotsenPage.objects.first()
        if found is None or language not in languages.BY_CODE or not self.has_view_permission(request, found):
            return self._get_obj_does_not_exist_redirect(request, self.opts, "1")
        request.language_urls = {code: preview_url(code) for code in languages.BY_CODE}
        with translation.override(language):
            return PublicPage.as_view(preview=True, extra_context={"preview": True})(request).render()

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj:
            context["preview_url"] = preview_url(languages.SOURCE)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def preview_url(language: str) -> str:
    return reverse("admin:lotsen_lotsenpage_preview", args=[language])


@admin.register(KindOfHelp)
class KindOfHelpAdmin(PortalAdmin):
    handbook = "portal-einrichten"
    list_display = ("title", "offered", "order")
    list_editable = ("order",)
    search_fields = ("title_de",)
    fieldsets = [(None, {"fields": ["title", "text", "icon", "offered", "order", "slug", "machine_translated"]})]


# How the office works ---------------------------------------------------------------------------------

# Periods of which rows have worked out the day they go.
PERIODS = {"unconfirmed_days", "rejected_days", "inactive_days", "left_days", "record_days", "request_days"}
# The least and the most that make sense; an unconfirmed address must outlast its link and goes after a week; of who is
# erased the coordination is told the night before at least.
LIMITS = {
    "answer_days": (1, 60),
    "lead_days": (0, 60),
    "invitation_hours": (1, 720),
    "hours_week": (1, 40),
    "unconfirmed_days": (3, 7),
    "rejected_days": (2, 365),
    "review_days": (30, 1100),
    "inactive_days": (60, 1100),
    "left_days": (2, 1100),
    "record_days": (1, 180),
    "request_days": (2, 730),
    "warning_days": (1, 60),
}


class SettingsForm(forms.ModelForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, (least, most) in LIMITS.items():
            if field := self.fields.get(name):
                field.min_value, field.max_value = least, most
                field.widget.attrs |= {"min": least, "max": most}

    def clean(self):
        data = super().clean()
        for name, (least, most) in LIMITS.items():
            if data.get(name) is not None and not least <= data[name] <= most:
                self.add_error(name, f"Bitte eine Zahl von {least} bis {most}.")
        if not self.errors and data["review_days"] + data["warning_days"] >= data["inactive_days"]:
            self.add_error(
                "inactive_days",
                "Bitte erst später löschen: Vorher wird nachgefragt, und die Koordination wird gewarnt.",
            )
        return data


@admin.register(LotsenSettings)
class LotsenSettingsAdmin(Singleton, PortalAdmin):
    handbook = "portal-einrichten"
    form = SettingsForm
    fieldsets = [
        ("Anmeldung", {"fields": ["sign_up_open", "coordinator_email", "answer_days"]}),
        (
            "Begleitungen vermitteln",
            {"fields": ["asking", "lead_days", "invitation_hours", "level", "hours_week"]},
        ),
        (
            "Was wann gelöscht wird",
            {
                "description": "Ändern Sie eine Frist, gilt sie sofort für alle Einträge, auch für die vorhandenen, und "
                "steht so im Datenschutzhinweis.",
                "fields": [
                    "unconfirmed_days",
                    "rejected_days",
                    ("review_days", "inactive_days"),
                    ("left_days", "record_days"),
                    "request_days",
                    "warning_days",
                ],
            },
        ),
        (
            "Datenschutzhinweis und Einwilligungen",
            {
                "description": "Bitte mit der oder dem Datenschutzbeauftragten abstimmen. Wer sich schon angemeldet hat, "
                "behält in seinem Eintrag den Wortlaut, der ihr oder ihm gezeigt wurde.",
                "fields": ["legal_basis", "recipients", "privacy_extra", "consent_news", "consent_share"],
            },
        ),
        ("Bescheinigungen", {"fields": ["certificate_place", "certificate_signature"]}),
        ("Übersetzung", {"fields": ["machine_translated"]}),
    ]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change or PERIODS & set(form.changed_data):
            retention.new_periods()


# Words --------------------------------------------------------------------------------------------------


class MailTextForm(forms.ModelForm):
    def clean(self):
        data = super().clean()
        written = {code: self.written(data, code) for code in languages.BY_CODE}
        for code, (subject, body) in written.items():
            try:
                mails.validate(self.instance.key, code, subject, body)
            except ValidationError as error:
                self.add_error(build_localized_fieldname("body", code), error)
        if not self.instance.key and not all(written[languages.SOURCE]):
            self.add_error(None, "Eine eigene Vorlage braucht Betreff und Text auf Deutsch.")
        return data

    def written(self, data, code):
        return tuple(data.get(build_localized_fieldname(name, code)) or "" for name in ("subject", "body"))


@admin.register(MailText)
class MailTextAdmin(PortalAdmin):
    handbook = "lotsen-anmeldung-bearbeiten"
    form = MailTextForm
    list_display = ("name", "own_words", "sent_by")
    search_fields = ("name",)
    fieldsets = [
        (None, {"fields": ["name", "placeholders", "subject", "body"]}),
        ("Übersetzung", {"fields": ["machine_translated"]}),
    ]

    def get_readonly_fields(self, request, obj=None):
        return ("name", "placeholders") if obj and obj.key else ("placeholders",)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and (obj is None or not obj.key)

    def get_actions(self, request):
        """None for many at once: the portal's own would be among them."""
        return {}

    @admin.display(description="eigene Worte in")
    def own_words(self, text):
        own = [x.german_name for x in languages.LANGUAGES if mails.own_text(text, "body", x.code)]
        return ", ".join(own) or None

    @admin.display(description="wird verschickt")
    def sent_by(self, text):
        return "vom Portal" if text.key else "von der Koordination"

    @admin.display(description="Platzhalter")
    def placeholders(self, text):
        letter = mails.LETTERS.get(text.key or "")
        allowed = letter.placeholders if letter else {"name", "number", "portal"}
        needed = letter.needs if letter else ()
        return ", ".join(f"{{{name}}}{' (muss im Text stehen)' if name in needed else ''}" for name in sorted(allowed))

    def get_form(self, request, obj=None, **kwargs):
        """Beneath each field what the portal says where it is left empty."""
        form = super().get_form(request, obj, **kwargs)
        if letter := mails.LETTERS.get(obj.key if obj and obj.key else ""):
            for code in languages.BY_CODE:
                for name in ("subject", "body"):
                    if field := form.base_fields.get(build_localized_fieldname(name, code)):
                        with translation.override(code):
                            words = str(getattr(letter, name))
                        field.help_text = portal_words(words, code)
        return form


def portal_words(words: str, code: str):
    return format_html(
        "Leer: Das Portal schreibt in seinen Worten:<br><span lang='{}' dir='{}'>{}</span>",
        code,
        languages.direction(code),
        linebreaksbr(words, autoescape=True),
    )


@admin.register(NoticeText)
class NoticeTextAdmin(admin.ModelAdmin):
    """To read only: what somebody has been shown stays as it was."""

    list_display = ("purpose", "language_name", "version", "first_shown")
    list_filter = ("purpose", "language")
    fields = ("purpose", "language_name", "version", "first_shown", "body")

    @admin.display(description="Sprache", ordering="language")
    def language_name(self, text):
        return languages.BY_CODE[text.language].german_name if text.language in languages.BY_CODE else text.language

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
