"""`imported_once` begins with the biller, and nobody looks records up by their run."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("interop", "0005_statistics"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.AlterField(
            model_name="importedrecord",
            name="biller",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller"),
        ),
        migrations.AlterField(
            model_name="importedrecord",
            name="run",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="interop.importrun"),
        ),
    ]
