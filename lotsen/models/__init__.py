from .page import KindOfHelp, LotsenPage, LotsenSettings, MailText, Voice
from .people import Consent, Disclosure, Note, NoticeText, Person, Volunteer, VolunteerLanguage
from .requests import Assignment, AssistanceRequest
from .statistics import Activity, MonthlyStat
from .training import Attendance, Fulfilment, Requirement, Training

__all__ = [
    "Activity",
    "Assignment",
    "AssistanceRequest",
    "Attendance",
    "Consent",
    "Disclosure",
    "Fulfilment",
    "KindOfHelp",
    "LotsenPage",
    "LotsenSettings",
    "MailText",
    "MonthlyStat",
    "Note",
    "NoticeText",
    "Person",
    "Requirement",
    "Training",
    "Voice",
    "Volunteer",
    "VolunteerLanguage",
]
