from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0004_for_lists"),
        ("charging", "0007_review"),
        ("parties", "0007_searched_by_index"),
        ("wallet", "0007_for_lists"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("state", "paid")), fields=["payer", "-settled_at"], name="charge_paid_of_payer"
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "returned"])),
                fields=["biller", "payer"],
                name="charge_failed_of_payer",
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", False)),
                fields=["biller", "settled_at"],
                include=("id", "state", "trigger", "minor"),
                name="charge_settled_when",
            ),
        ),
    ]
