from modeltranslation.translator import TranslationOptions, register

from .models import Publication, Series


@register(Publication)
class PublicationTranslation(TranslationOptions):
    fields = ("title", "summary")
    required_languages = {"de": ("title",)}


@register(Series)
class SeriesTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = {"de": ("title",)}
