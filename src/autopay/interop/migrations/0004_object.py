from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("interop", "0003_rights")]
    operations = [
        migrations.AddField(
            model_name="importedrecord",
            name="object_id",
            field=models.BigIntegerField(null=True, help_text="the row it became; empty where two records claim one reference"),
        )
    ]
