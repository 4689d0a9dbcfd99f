from django.db import migrations


class Migration(migrations.Migration):
    """A table of this name was made and never written to: no verb asked. The one that is used names who asked and who answered."""

    dependencies = [("agreements", "0002_rights")]
    operations = [migrations.DeleteModel(name="Request")]
