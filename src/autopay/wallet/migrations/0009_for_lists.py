from django.db import migrations, models


class Migration(migrations.Migration):
    """The default of each payer, by index alone."""

    dependencies = [("parties", "0007_searched_by_index"), ("wallet", "0008_default_expires")]

    operations = [
        migrations.AddIndex(
            model_name="method",
            index=models.Index(
                fields=["biller", "payer"], include=("id", "verified"), condition=models.Q(is_default=True), name="method_default"
            ),
        ),
    ]
