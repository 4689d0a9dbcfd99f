"""A payer of the biller is one key, `(biller, payer)`; it implies the keys to each of the two. What was indexed a second time goes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("charging", "0011_forgotten"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="charge",
            name="biller",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller"
            ),
        ),
        migrations.AlterField(
            model_name="charge",
            name="payer",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.payer"
            ),
        ),
        migrations.AlterField(
            model_name="chargepart",
            name="charge",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="charging.charge"
            ),
        ),
    ]
