"""A night looks for the accounts after those it planned; the index gives them in that order."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_one_key_each")]

    operations = [
        migrations.RemoveIndex(model_name="invoice", name="invoice_open_monthly"),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                fields=["biller", "due_on", "payer"],
                condition=Q(kind="monthly", voided_at__isnull=True, total__gt=F("captured") - F("returned") + F("elsewhere")),
                name="invoice_open_monthly",
            ),
        ),
    ]
