from django.db import migrations, models


class Migration(migrations.Migration):
    """The default of each payer, by index alone."""

    dependencies = [("wallet", "0006_limits")]
    operations = [
        migrations.AddIndex(
            model_name="method",
            index=models.Index(
                fields=["biller", "payer"], include=("id", "verified"), condition=models.Q(is_default=True), name="method_default"
            ),
        ),
    ]
