import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who follows the company and who does not, and whose method has a consent, by index alone."""

    dependencies = [("agreements", "0002_rights"), ("parties", "0007_searched_by_index"), ("wallet", "0007_for_lists")]
    operations = [
        migrations.AlterField(
            model_name="agreement",
            name="biller",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller"),
        ),
        migrations.AddIndex(
            model_name="agreement", index=models.Index(fields=["biller", "switch", "payer"], name="agreement_by_switch")
        ),
        migrations.RemoveIndex(model_name="consent", name="consent_of_method"),
        migrations.AddIndex(
            model_name="consent", index=models.Index(fields=["biller", "method"], include=("id",), name="consent_of_method")
        ),
    ]
