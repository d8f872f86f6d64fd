from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from portal.navigation import Section


class LotsenConfig(AppConfig):
    name = "lotsen"
    verbose_name = "Integrationslotsen"
    not_public = (
        "Volunteer", "VolunteerLanguage", "Note", "NoticeText", "Consent", "Disclosure", "AssistanceRequest", "Assignment",
        "Activity", "Fulfilment", "Attendance", "MonthlyStat", "MailText",
    )  # fmt: skip
    each_day = ("lotsen_day",)
    to_do = ("lotsen.office.todo.lines",)
    section = Section(_("Integrationslotsen"), "lotsen:page", model="LotsenPage", order=15)

    def ready(self):
        from .mails import offer_texts

        import_module("lotsen.company.letters")  # registers them
        post_migrate.connect(offer_texts, sender=self, dispatch_uid="lotsen.mails")
