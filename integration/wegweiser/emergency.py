"""Numbers for all of Germany that stand above every list: nobody should have to look for them."""

from django.utils.translation import gettext_lazy as _

EMERGENCY = (
    ("112", _("Feuerwehr und Rettungsdienst")),
    ("110", _("Polizei")),
    ("116117", _("Ärztlicher Bereitschaftsdienst")),
    ("116016", _("Hilfetelefon „Gewalt gegen Frauen“")),
)
