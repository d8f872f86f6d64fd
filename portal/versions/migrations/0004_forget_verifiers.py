"""From which address an entry of the directory was confirmed is forgotten after a year; no version keeps it any more."""

import json

from django.db import migrations


def forget(apps, schema_editor):
    Version = apps.get_model("reversion", "Version")
    known = Version.objects.filter(serialized_data__contains='"verified_by":').order_by("pk")
    for pk, data in known.values_list("pk", "serialized_data").iterator(chunk_size=500):
        rows = json.loads(data)
        for row in rows:
            row["fields"].pop("verified_by", None)
        Version.objects.filter(pk=pk).update(serialized_data=json.dumps(rows))


class Migration(migrations.Migration):
    dependencies = [
        ("reversion", "0002_add_index_on_version_for_content_type_and_db"),
        ("versions", "0003_who_has_a_form_open"),
    ]
    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
