from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0007_oldest_first"),
        ("charging", "0009_for_lists"),
        ("parties", "0007_searched_by_index"),
        ("wallet", "0009_for_lists"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="charge",
            name="charge_ended_badly",
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("state__in", ["failed", "returned"])),
                fields=["biller", "settled_at", "id"],
                name="charge_ended_badly",
            ),
        ),
    ]
