from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0007_searched_by_index"),
        ("wallet", "0006_limits"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="method",
            name="method_one_default",
        ),
        migrations.AddConstraint(
            model_name="method",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("payer",),
                include=("biller", "id", "verified"),
                name="method_one_default",
            ),
        ),
    ]
