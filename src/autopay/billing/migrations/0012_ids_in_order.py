"""Visits and invoices get ids that sort by time; those that are there keep theirs."""

from django.db import migrations, models

from autopay.ordered_uuid import BY_HAND, BY_THE_SERVER, OrderedUUID, create

UUIDV7_SINCE = 18


def ordered_uuid(_apps, editor):
    version = editor.connection.pg_version // 10_000
    editor.execute(create("ordered_uuid", BY_THE_SERVER if version >= UUIDV7_SINCE else BY_HAND))


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_nights_go_on")]

    operations = [
        migrations.RunPython(ordered_uuid),
        *(
            migrations.AlterField(model, "uid", models.UUIDField(unique=True, db_default=OrderedUUID()))
            for model in ("visit", "invoice")
        ),
    ]
