"""What both of the public forms say and check in the same words: the one to sign up, the one to ask for company."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.phones import validate_phone

TOO_LONG = _("Das ist zu lang. Bitte schreiben Sie höchstens %(limit_value)d Zeichen.")
PLEASE_CHOOSE = _("Bitte wählen Sie aus der Liste.")


def phone_number(written: str) -> str:
    """Without spare spaces; raises ValidationError in the reader's language."""
    phone = " ".join(written.split())
    if phone:
        try:
            validate_phone(phone)
        except ValidationError:
            raise ValidationError(
                _("Bitte schreiben Sie die Telefonnummer mit Vorwahl, zum Beispiel 030 23125-100.")
            ) from None
    return phone
