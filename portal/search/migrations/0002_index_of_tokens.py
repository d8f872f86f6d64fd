from django.db import migrations

# The index behind `tokens__any_of`: words are compared as they stand, both databases know no language.
# On SQLite a later migration that remakes the table of SearchEntry drops the triggers and has to run this again.
SQLITE = [
    # "ascii" parts at spaces and leaves all other letters alone; where in the text a word stands is not asked.
    """CREATE VIRTUAL TABLE search_fulltext USING fts5(
        tokens, content='search_searchentry', content_rowid='id', tokenize='ascii', detail='none', columnsize=0
    )""",
    """CREATE TRIGGER search_fulltext_insert AFTER INSERT ON search_searchentry BEGIN
        INSERT INTO search_fulltext(rowid, tokens) VALUES (new.id, new.tokens);
    END""",
    """CREATE TRIGGER search_fulltext_delete AFTER DELETE ON search_searchentry BEGIN
        INSERT INTO search_fulltext(search_fulltext, rowid, tokens) VALUES ('delete', old.id, old.tokens);
    END""",
    """CREATE TRIGGER search_fulltext_update AFTER UPDATE OF tokens ON search_searchentry BEGIN
        INSERT INTO search_fulltext(search_fulltext, rowid, tokens) VALUES ('delete', old.id, old.tokens);
        INSERT INTO search_fulltext(rowid, tokens) VALUES (new.id, new.tokens);
    END""",
    "INSERT INTO search_fulltext(search_fulltext) VALUES ('rebuild')",
]
SQLITE_BACK = [
    "DROP TRIGGER search_fulltext_insert",
    "DROP TRIGGER search_fulltext_delete",
    "DROP TRIGGER search_fulltext_update",
    "DROP TABLE search_fulltext",
]
# A column of its own: where PostgreSQL reads the whole table instead of the index, it need not take texts apart.
POSTGRESQL = [
    """ALTER TABLE search_searchentry ADD COLUMN fulltext tsvector
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(trim(tokens), ' '))) STORED""",
    "CREATE INDEX search_fulltext ON search_searchentry USING gin (fulltext)",
]
POSTGRESQL_BACK = ["ALTER TABLE search_searchentry DROP COLUMN fulltext"]


def make(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def unmake(apps, schema_editor):
    for statement in SQLITE_BACK if schema_editor.connection.vendor == "sqlite" else POSTGRESQL_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("search", "0001_entries_and_words")]

    operations = [migrations.RunPython(make, unmake)]
