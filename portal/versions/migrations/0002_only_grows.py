from django.db import migrations

# The database itself keeps the log as it is. Removing what is older than twelve months stays possible; SQLite, on which
# small portals and tests run, empties tables row by row, so there only changing is refused.
POSTGRESQL = """
CREATE FUNCTION versions_auditentry_refuse() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '365 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The log only grows.';
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER versions_auditentry_only_grows BEFORE UPDATE OR DELETE ON versions_auditentry
FOR EACH ROW EXECUTE FUNCTION versions_auditentry_refuse();
"""
SQLITE = """
CREATE TRIGGER versions_auditentry_only_grows BEFORE UPDATE ON versions_auditentry
BEGIN
    SELECT RAISE(ABORT, 'The log only grows.');
END;
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
    elif schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(SQLITE, params=None)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER versions_auditentry_only_grows ON versions_auditentry")
        schema_editor.execute("DROP FUNCTION versions_auditentry_refuse()")
    elif schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER versions_auditentry_only_grows")


class Migration(migrations.Migration):
    dependencies = [("versions", "0001_first")]

    operations = [migrations.RunPython(guard, unguard)]
