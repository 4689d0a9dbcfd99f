from django.db import migrations, models

from autopay.tenancy import statements


class Migration(migrations.Migration):
    """Amount due and account balance are two figures; until the next night the old one stands for both."""

    dependencies = [("billing", "0003_covered_indexes")]
    operations = [
        migrations.AddField(
            model_name="balance",
            name="due_minor",
            field=models.BigIntegerField(db_default=0, help_text="amount due: what was open"),
        ),
        migrations.AlterField(
            model_name="balance",
            name="minor",
            field=models.BigIntegerField(help_text="account balance: the same, before online payments of the last bank days"),
        ),
        statements(["update balance set due_minor = minor"]),
    ]
