from django.db import migrations


class Migration(migrations.Migration):
    """From topics to terms of several vocabularies."""

    # Whatever names the model by its old name comes before.
    dependencies = [
        ("topics", "0001_first"),
        ("events", "0002_first"),
        ("offices", "0003_diagrams_in_words"),
        ("projects", "0001_first"),
        ("publications", "0002_document_checks"),
    ]

    operations = [
        migrations.RemoveConstraint("Topic", "topics_topic_german_title"),
        migrations.RenameModel("Topic", "Term"),
    ]
