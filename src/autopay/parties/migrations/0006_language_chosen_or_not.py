"""Empty is a language nobody has chosen yet, or that is not known. Until now nobody could choose: what stands is the default of before."""

from django.db import migrations, models

from autopay.tenancy import statements


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0005_requests"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(db_default="", help_text="chosen by themselves; empty until they do", max_length=2),
        ),
        migrations.AlterField(
            model_name="payer",
            name="language",
            field=models.CharField(db_default="", help_text="as their office knows it; empty: not known", max_length=2),
        ),
        statements(["update app_user set language = '' where language = 'en'"]),
    ]
