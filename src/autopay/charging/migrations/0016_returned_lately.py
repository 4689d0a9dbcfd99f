"""Accounts whose debits came back for good are found by when that was: a second of work does not grow with the years."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("charging", "0015_ids_in_order")]

    operations = [
        migrations.RemoveIndex("charge", "charge_returned"),
        migrations.AddIndex(
            "charge", models.Index(fields=["settled_at"], condition=models.Q(state="returned"), name="charge_returned_at")
        ),
    ]
