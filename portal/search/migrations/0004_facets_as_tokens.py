from importlib import import_module

from django.db import migrations, models

# The language of an entry and the words of its title stand among its tokens, as "=de" and "^kurs".
FILL = "UPDATE search_searchentry SET tokens = tokens || '=' || language || ' ^' || replace(trim(title_tokens), ' ', ' ^') || ' '"
first = import_module("portal.search.migrations.0002_index_of_tokens")


def unmake(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        first.unmake(apps, schema_editor)


def make_as_before(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        first.make(apps, schema_editor)


def fill(apps, schema_editor):
    schema_editor.execute(FILL)


def make(apps, schema_editor):
    """A sign in front of a word belongs to it now. PostgreSQL takes tokens as they stand anyway."""
    if schema_editor.connection.vendor == "sqlite":
        for statement in first.SQLITE:
            schema_editor.execute(statement.replace("tokenize='ascii'", """tokenize="ascii tokenchars '=^-'" """))


class Migration(migrations.Migration):
    dependencies = [("search", "0003_review_state")]

    operations = [
        migrations.RunPython(unmake, make_as_before),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("searchentry", "title_tokens", models.TextField(default="")),  # for the way back
        migrations.RemoveField("searchentry", "title_tokens"),
        migrations.RunPython(make, unmake),
    ]
