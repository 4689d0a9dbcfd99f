from django.db import migrations, models


class Migration(migrations.Migration):
    """What became of a payment is told to the patient and to who pays for them: once to each address (V40)."""

    dependencies = [("notices", "0003_invitations")]
    operations = [
        migrations.RemoveConstraint(model_name="notice", name="notice_once"),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(fields=("biller", "kind", "object", "object_id", "to"), name="notice_once"),
        ),
    ]
