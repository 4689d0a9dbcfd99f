from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0007_searched_by_index"),
        ("wallet", "0009_for_lists"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="method",
            name="method_default_expires",
        ),
        migrations.AddIndex(
            model_name="method",
            index=models.Index(
                condition=models.Q(("is_default", True), ("kind", "card")),
                fields=["biller", "exp_year", "exp_month", "id"],
                name="method_default_expires",
            ),
        ),
    ]
