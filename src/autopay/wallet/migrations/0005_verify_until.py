from django.db import migrations, models


class Migration(migrations.Migration):
    """Until when a payer can prove that a bank account is theirs."""

    dependencies = [("wallet", "0004_covered_indexes")]
    operations = [
        migrations.AddField(
            model_name="method",
            name="verify_until",
            field=models.DateTimeField(help_text="business instant until which the payer can prove it", null=True),
        ),
    ]
