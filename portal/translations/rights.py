"""Who may see and write which translations.

Staff may translate what they may change. Translators may translate all that is public by its kind, into their own
languages, and see nothing else of the admin.
"""

from dataclasses import dataclass

from portal import languages
from portal.groups import is_confidential, is_content
from portal.models import SiteProfile

from . import parts
from .models import Translator

TRANSLATE = "translations.translate"


@dataclass(frozen=True)
class Rights:
    seen: frozenset[str]  # kinds of contents
    changed: frozenset[str]  # of these in any language
    translated: frozenset[str]  # of these in one's own languages
    shown: list[str]  # the portal's languages but German
    own: list[str]

    @property
    def kinds(self) -> list[str]:
        return [kind for kind in parts.contents() if kind in self.seen | self.translated]

    @property
    def codes(self) -> list[str]:
        return self.shown if self.seen else self.own

    def may_translate(self, kind: str, code: str) -> bool:
        if kind in self.changed:
            return code in self.shown
        return kind in self.translated and code in self.own

    def may_translate_anything(self) -> bool:
        return bool((self.changed and self.shown) or (self.translated and self.own))


def permission(what: str, kind: str) -> str:
    label, _dot, name = kind.partition(".")
    return f"{label}.{what}_{name}"


def of(user) -> Rights:
    kinds = parts.contents()
    shown = [code for code in SiteProfile.current().shown_languages() if code != languages.SOURCE]
    own, translated = [], []
    if user.has_perm(TRANSLATE):
        found = Translator.objects.filter(user=user).first()
        own = [code for code in shown if found and code in found.languages]
        translated = [kind for kind, model in kinds.items() if is_content(model) and not is_confidential(model)]
    return Rights(
        seen=frozenset(kind for kind in kinds if user.has_perm(permission("view", kind))),
        changed=frozenset(kind for kind in kinds if user.has_perm(permission("change", kind))),
        translated=frozenset(translated),
        shown=shown,
        own=own,
    )
