from collections.abc import Collection, Sequence

from django.db import connection, models
from django.db.models.lookups import Lookup

from portal.models import Publishable

# What is no word of a reader's stands among the tokens too: "=de" for the language, "^kurs" for a word of the title. So
# the index alone knows all that decides, and the long rows need not be read.
OF_LANGUAGE, IN_TITLE = "=", "^"


def any_of(tokens: Collection[str]) -> str:
    """In the words of the database's index. Tokens are letters and digits: between quotes nothing in them is a sign."""
    if connection.vendor == "sqlite":
        return " OR ".join(f'"{token}"' for token in tokens)
    return " | ".join(f"'{token}'" for token in tokens)


def having(language: str, groups: Sequence[Collection[str]]) -> list[tuple[int, int]]:
    """Which entries of a language have any token of a group: the place of the group and the entry's number; one query."""
    asked = [(place, any_of(tokens)) for place, tokens in enumerate(groups) if tokens]
    if not asked:
        return []
    if connection.vendor == "sqlite":
        statement, both = "SELECT {}, rowid FROM search_fulltext WHERE search_fulltext MATCH %s", '"{}" AND ({})'
    else:
        statement, both = "SELECT {}, id FROM search_searchentry WHERE fulltext @@ %s::tsquery", "'{}' & ({})"
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(statement.format(place) for place, _tokens in asked),
            [both.format(OF_LANGUAGE + language, tokens) for _place, tokens in asked],
        )
        return cursor.fetchall()


class TokensField(models.TextField):
    """Words with a space before and behind each. Migration 0004 makes the index that `any_of` asks."""


@TokensField.register_lookup
class AnyOf(Lookup):
    """Is one of these words among the tokens? `tokens__any_of=["kurs", "kurse"]`"""

    lookup_name = "any_of"
    prepare_rhs = False
    sqlite = "%s.id IN (SELECT rowid FROM search_fulltext WHERE search_fulltext MATCH %%s)"

    def row(self, compiler):
        return compiler.quote_name_unless_alias(self.lhs.alias)

    def as_sqlite(self, compiler, connection):
        return self.sqlite % self.row(compiler), [any_of(self.rhs)]

    def as_postgresql(self, compiler, connection):
        return f"{self.row(compiler)}.fulltext @@ %s::tsquery", [any_of(self.rhs)]


class SearchEntry(Publishable):
    """A content as it is found by the readers of one language: by its words in that language and in German."""

    kind = models.CharField(max_length=100)  # the model, as "offices.office"
    object_id = models.BigIntegerField()
    language = models.CharField(max_length=12)
    address = models.CharField(max_length=500)  # without language
    title = models.CharField(max_length=200)
    title_language = models.CharField(max_length=12)
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
