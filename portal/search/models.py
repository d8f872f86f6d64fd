from django.db import models
from django.db.models.lookups import Lookup

from portal.models import Publishable


class TokensField(models.TextField):
    """Words with a space before and behind each. Migration 0002 makes the index that `any_of` asks."""


@TokensField.register_lookup
class AnyOf(Lookup):
    """Is one of these words among the tokens? `tokens__any_of=["kurs", "kurse"]`"""

    lookup_name = "any_of"
    prepare_rhs = False
    sqlite = "%s.id IN (SELECT rowid FROM search_fulltext WHERE search_fulltext MATCH %%s)"

    def row(self, compiler):
        return compiler.quote_name_unless_alias(self.lhs.alias)

    # Tokens are letters and digits only: between quotes nothing in them is a sign of a query language.

    def as_sqlite(self, compiler, connection):
        return self.sqlite % self.row(compiler), [" OR ".join(f'"{token}"' for token in self.rhs)]

    def as_postgresql(self, compiler, connection):
        return f"{self.row(compiler)}.fulltext @@ %s::tsquery", [" | ".join(f"'{token}'" for token in self.rhs)]


class SearchEntry(Publishable):
    """A content as it is found by the readers of one language: by its words in that language and in German."""

    kind = models.CharField(max_length=100)  # the model, as "offices.office"
    object_id = models.BigIntegerField()
    language = models.CharField(max_length=12)
    address = models.CharField(max_length=500)  # without language
    title = models.CharField(max_length=200)
    title_language = models.CharField(max_length=12)
    title_tokens = models.TextField()  # before the long texts, which ranking then need not read
    text = models.TextField(blank=True)
    text_language = models.CharField(max_length=12)
    tokens = TokensField()

    class Meta(Publishable.Meta):
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(fields=["kind", "object_id", "language"], name="search_searchentry_unique"),
        ]

    def __str__(self):
        return f"{self.title} ({self.language})"


class SearchWord(models.Model):
    """A word that can be found in a language: what beginnings, compounds and typing errors are compared with."""

    language = models.CharField(max_length=12)
    word = models.CharField(max_length=50)
    written = models.CharField(max_length=100)  # "Behörde" for "behorde"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["language", "word"], name="search_searchword_unique")]

    def __str__(self):
        return self.written
