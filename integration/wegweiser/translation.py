from modeltranslation.translator import TranslationOptions, register

from .models import Contact, Location, OpeningHours, Organization, Service, ServiceAtLocation, SpokenLanguage


@register(Organization)
class OrganizationTranslation(TranslationOptions):
    fields = ("title", "alternate_name", "description")
    required_languages = {"de": ("title", "description")}


@register(Location)
class LocationTranslation(TranslationOptions):
    fields = ("title", "directions", "accessibility_note")


@register(Service)
class ServiceTranslation(TranslationOptions):
    fields = (
        "title",
        "alternate_name",
        "lead",
        "description",
        "alert",
        "how_to_apply",
        "eligibility",
        "fees",
        "documents",
        "interpretation",
    )
    required_languages = {"de": ("title",)}


@register(ServiceAtLocation)
class ServiceAtLocationTranslation(TranslationOptions):
    fields = ("description",)


@register(Contact)
class ContactTranslation(TranslationOptions):
    fields = ("label", "department", "note")


@register(OpeningHours)
class OpeningHoursTranslation(TranslationOptions):
    fields = ("note",)


@register(SpokenLanguage)
class SpokenLanguageTranslation(TranslationOptions):
    fields = ("note",)
