"""Charges get ids that sort by time; those that are there keep theirs."""

from django.db import migrations, models

from autopay.ordered_uuid import OrderedUUID


class Migration(migrations.Migration):
    dependencies = [("charging", "0014_statistics_follow"), ("billing", "0012_ids_in_order")]

    operations = [migrations.AlterField("charge", "uid", models.UUIDField(unique=True, db_default=OrderedUUID()))]
