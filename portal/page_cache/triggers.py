"""The database gives the contents a new version with every change: in a form, by an import, in a shell, from outside.

The new version is part of the change's own transaction: readers see both or neither, whatever is killed meanwhile.
"""

from collections.abc import Iterator
from uuid import uuid4

from django.apps import apps as current_apps
from django.db import connections, transaction

from .freshness import MOMENT

OURS = ("portal", "integration", "lotsen")

SQLITE = """
CREATE TRIGGER IF NOT EXISTS "page_cache_{event}_{table}" AFTER {event} ON "{table}" BEGIN
    UPDATE page_cache_contentversion SET token = lower(hex(randomblob(16)));
END
"""
# At the end of the transaction: two people who save at the same time do not wait for each other before that.
POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION page_cache_changed() RETURNS trigger AS $$
BEGIN
    IF current_setting('portal.contents_changed', true) = '1' THEN
        RETURN NULL;  -- this transaction has said so already
    END IF;
    PERFORM set_config('portal.contents_changed', '1', true);
    UPDATE page_cache_contentversion SET token = gen_random_uuid()::text;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
"""
POSTGRESQL = """
CREATE CONSTRAINT TRIGGER "page_cache_{table}" AFTER INSERT OR UPDATE OR DELETE ON "{table}"
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION page_cache_changed()
"""
# Readers rely on a version for a moment (freshness.py): whoever changes it, by whatever way, first lets that moment pass
# while those who ask see that somebody has the lock; a millisecond longer, for clocks.
POSTGRESQL_WAIT_FUNCTION = f"""
CREATE OR REPLACE FUNCTION page_cache_wait() RETURNS trigger AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('page_cache'));
    PERFORM pg_sleep({MOMENT + 0.001});
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
"""
POSTGRESQL_WAIT = """
CREATE OR REPLACE TRIGGER contentversion_wait BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON page_cache_contentversion
FOR EACH STATEMENT EXECUTE FUNCTION page_cache_wait()
"""


def tables() -> Iterator[str]:
    """Of everything that a public page may show. An AppConfig's `not_public` names models that none does, or "all"."""
    for config in current_apps.get_app_configs():
        hidden = getattr(config, "not_public", ())
        if config.name.partition(".")[0] in OURS and hidden != "all":
            for model in config.get_models(include_auto_created=True):
                if model._meta.managed and model.__name__.partition("_")[0] not in hidden:
                    yield model._meta.db_table


def names(connection) -> set[str]:
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'page_cache_%'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'page_cache_%' AND NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def take_down(using, plan, **kwargs):
    """Before migrations: what they do to the rows of a table may not wait to be noticed while they change the table."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if not plan or "page_cache_contentversion" not in connection.introspection.table_names(cursor):
            return
        with transaction.atomic(using):
            # No page is kept until the migrations are through.
            cursor.execute("UPDATE page_cache_contentversion SET token = ''")
            if connection.vendor == "sqlite":
                for name in names(connection):
                    cursor.execute(f'DROP TRIGGER "{name}"')
            else:
                cursor.execute("DROP FUNCTION IF EXISTS page_cache_changed() CASCADE")


def set_up(using, apps=current_apps, **kwargs):
    try:
        content_version = apps.get_model("page_cache", "ContentVersion")
    except LookupError:
        return  # the database stands at a migration from before
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        there = names(connection)
        existing = set(connection.introspection.table_names(cursor))
        watched = [table for table in tables() if table in existing]
        if connection.vendor == "sqlite":
            for table in watched:
                for event in ("INSERT", "UPDATE", "DELETE"):
                    if f"page_cache_{event}_{table}" not in there:
                        cursor.execute(SQLITE.format(event=event, table=table))
        else:
            cursor.execute(POSTGRESQL_FUNCTION)
            cursor.execute(POSTGRESQL_WAIT_FUNCTION)
            cursor.execute(POSTGRESQL_WAIT)
            for table in watched:
                if f"page_cache_{table}" not in there:
                    cursor.execute(POSTGRESQL.format(table=table))
        content_version.objects.using(using).update_or_create(pk=1, defaults={"token": uuid4().hex})
