from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_amount_due")]
    operations = [
        migrations.AddField(
            "elsewhere",
            "reference",
            models.CharField(max_length=80, db_default="", help_text="the number of a check or a wire, as people call it"),
        )
    ]
