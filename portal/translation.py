from modeltranslation.translator import TranslationOptions, register

from .models import (
    AccessibilityIssue,
    AccessibilityStatement,
    HomeBlock,
    Link,
    Notice,
    Page,
    PageSection,
    SiteProfile,
    TopTask,
)


@register(SiteProfile)
class SiteProfileTranslation(TranslationOptions):
    fields = ("name", "title", "lead", "introduction", "opening_hours", "logo_alt", "legal_notice", "privacy_notice")
    required_languages = {"de": ("name", "title")}


@register(TopTask)
class TopTaskTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = {"de": ("title",)}


@register(HomeBlock)
class HomeBlockTranslation(TranslationOptions):
    fields = ("title", "text", "link_text")


@register(Link)
class LinkTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = {"de": ("title",)}


@register(Notice)
class NoticeTranslation(TranslationOptions):
    fields = ("text", "link_text")
    required_languages = {"de": ("text",)}


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "lead", "body")
    required_languages = {"de": ("title",)}


@register(PageSection)
class PageSectionTranslation(TranslationOptions):
    fields = ("title", "body")
    required_languages = {"de": ("title", "body")}


@register(AccessibilityStatement)
class AccessibilityStatementTranslation(TranslationOptions):
    fields = ("note",)


@register(AccessibilityIssue)
class AccessibilityIssueTranslation(TranslationOptions):
    fields = ("description", "reason", "alternative")
    required_languages = {"de": ("description", "reason")}
