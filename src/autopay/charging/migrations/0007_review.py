from django.db import migrations, models


class Migration(migrations.Migration):
    """What the payer looked at when they confirmed a payment: confirmed twice, it is one charge."""

    dependencies = [("charging", "0006_returned_index")]
    operations = [
        migrations.AddField(
            model_name="charge",
            name="review",
            field=models.CharField(
                db_default="", help_text="Pay Now: what the payer looked at when they confirmed it", max_length=64
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("review", ""), _negated=True), fields=("payer", "review"), name="charge_review_once"
            ),
        ),
    ]
