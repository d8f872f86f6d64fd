from modeltranslation.translator import TranslationOptions, register

from .models import ContactPerson, Diagram, Meeting, Office, OfficeLink, Task, WorkingGroup


@register(Office)
class OfficeTranslation(TranslationOptions):
    fields = ("title", "lead", "body", "funding", "funding_guideline", "tasks_heading", "opening_hours")
    required_languages = {"de": ("title",)}


@register(Task)
class TaskTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = {"de": ("title",)}


@register(ContactPerson)
class ContactPersonTranslation(TranslationOptions):
    fields = ("role",)


@register(Diagram)
class DiagramTranslation(TranslationOptions):
    fields = ("title", "alt", "description")
    required_languages = ("de",)


@register(OfficeLink)
class OfficeLinkTranslation(TranslationOptions):
    fields = ("title",)
    required_languages = ("de",)


@register(WorkingGroup)
class WorkingGroupTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = {"de": ("title",)}


@register(Meeting)
class MeetingTranslation(TranslationOptions):
    fields = ("place", "subject")
