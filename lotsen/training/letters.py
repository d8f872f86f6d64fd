"""What a volunteer is told when something she needs runs out."""

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..mails import letter, send
from ..models import Fulfilment

letter(
    "expiry_training",
    "Schulung läuft ab",
    _("Bitte frischen Sie Ihre Schulung auf"),
    _(
        "Guten Tag {name},\n\n"
        "eine Schulung, die Sie für Ihre Begleitungen brauchen, gilt nicht mehr lange:\n\n"
        "{requirement}: gültig bis {date}\n\n"
        "Bitte melden Sie sich bei uns. Wir sagen Ihnen, wann die nächste Schulung ist. So können Sie weiter begleiten."
    ),
    needs="requirement date",
    knows="name number",
)
letter(
    "expiry_declaration",
    "Erklärung läuft ab",
    _("Bitte unterschreiben Sie eine Erklärung neu"),
    _(
        "Guten Tag {name},\n\n"
        "eine Erklärung, die Sie unterschrieben haben, gilt nicht mehr lange:\n\n"
        "{requirement}: gültig bis {date}\n\n"
        "Bitte melden Sie sich bei uns. Wir geben Ihnen die Erklärung, und Sie unterschreiben sie neu."
    ),
    needs="requirement date",
    knows="name number",
)
letter(
    "expiry_record",
    "Führungszeugnis läuft ab",
    _("Bitte zeigen Sie uns ein neues Führungszeugnis"),
    _(
        "Guten Tag {name},\n\n"
        "wir müssen Ihr Führungszeugnis bald wieder ansehen:\n\n"
        "{requirement}: gültig bis {date}\n\n"
        "Bitte melden Sie sich bei uns, bevor Sie es beantragen. Wir geben Ihnen ein Schreiben für die Meldebehörde; damit "
        "ist es für Sie kostenlos. Wenn Sie es haben, zeigen Sie es uns bitte. Wir sehen es nur an: Sie behalten es, und wir "
        "machen keine Kopie."
    ),
    needs="requirement date",
    knows="name number",
)


def expiry(fulfilment: Fulfilment) -> None:
    volunteer = fulfilment.volunteer
    with translation.override(volunteer.language):
        words = {"requirement": str(fulfilment.requirement), "date": date_format(fulfilment.expires_on)}
    send(f"expiry_{fulfilment.requirement.kind}", volunteer, **words)
