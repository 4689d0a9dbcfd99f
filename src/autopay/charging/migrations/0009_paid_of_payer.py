from django.db import migrations, models


class Migration(migrations.Migration):
    """Payment History reads the newest payments of a payer, however many there are."""

    dependencies = [("charging", "0007_review")]
    operations = [
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(fields=["payer", "-settled_at"], condition=models.Q(state="paid"), name="charge_paid_of_payer"),
        ),
    ]
