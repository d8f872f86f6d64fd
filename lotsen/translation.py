from modeltranslation.translator import TranslationOptions, register

from .models import KindOfHelp, LotsenPage, LotsenSettings, MailText, Requirement, Voice


@register(LotsenPage)
class LotsenPageTranslation(TranslationOptions):
    fields = ("title", "lead", "body", "expectations", "training", "company")
    required_languages = {"de": ("title",)}


@register(Voice)
class VoiceTranslation(TranslationOptions):
    fields = ("text", "who")
    required_languages = ("de",)


@register(KindOfHelp)
class KindOfHelpTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = {"de": ("title",)}


@register(LotsenSettings)
class LotsenSettingsTranslation(TranslationOptions):
    fields = ("legal_basis", "recipients", "privacy_extra", "consent_news", "consent_share")


@register(MailText)
class MailTextTranslation(TranslationOptions):
    fields = ("subject", "body")


@register(Requirement)
class RequirementTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = {"de": ("title",)}
