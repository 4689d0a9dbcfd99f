"""A payer of the biller is one key, `(biller, payer)`; it implies the keys to each of the two, and the indexes of a payer's visits and
invoices begin with the payer. What the same thing was checked and indexed by a second time goes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_announce_again"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invoice",
            name="biller",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller"
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="payer",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.payer"
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="biller",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller"
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="payer",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.payer"
            ),
        ),
    ]
