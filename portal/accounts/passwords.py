"""What Django's list of common passwords misses: hardly one in it is as long as ours have to be."""

import re

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# What people here would think of first.
OURS = {"integration", "integrationsportal", "landkreis", "kreishaus", "kreisverwaltung", "stadtverwaltung", "rathaus",
        "verwaltung", "redaktion", "administration", "geheim", "willkommen", "passwort", "kennwort", "migration", "teilhabe"}  # fmt: skip
SEASONS = {"frühling", "sommer", "herbst", "winter", "januar", "februar", "märz", "april", "mai", "juni", "juli", "august",
           "september", "oktober", "november", "dezember"}  # fmt: skip
FEW_SIGNS = 5


class MoreThanAWord(CommonPasswordValidator):
    """Refuses "Sommer2026!!!" and "PasswortPasswort": one word, however it is dressed up or repeated."""

    def validate(self, password, user=None):
        word = re.sub(r"[\W\d_]", "", password.lower())
        word = re.sub(r"^(.+?)\1+$", r"\1", word)
        names = set(re.findall(r"\w+", " ".join(settings.ALLOWED_HOSTS).lower()))
        if not word or word in OURS | SEASONS | names or word in self.passwords or len(set(password)) < FEW_SIGNS:
            raise ValidationError(
                "Dieses Passwort ist leicht zu erraten: ein bekanntes Wort mit Ziffern und Zeichen daran. Nehmen Sie besser "
                "mehrere Wörter, die nichts miteinander zu tun haben.",
                code="one_word",
            )

    def get_help_text(self):
        return "Mehrere Wörter, die nichts miteinander zu tun haben, sind besser als ein Wort mit Ziffern daran."
