from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0004_covered_indexes"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="transfer",
            name="transfer_by_day",
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(fields=["biller", "kind", "on"], include=("minor", "invoice_id"), name="transfer_by_day"),
        ),
    ]
