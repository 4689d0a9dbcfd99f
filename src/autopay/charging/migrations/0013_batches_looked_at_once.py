"""The guards look at a batch once, and a charge's method is one key: method and payer."""

import django.db.models.deletion
from django.db import migrations, models

from autopay.charging.guard import charge_guard, refund_guard
from autopay.tenancy import statements


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0007_oldest_first"),
        ("charging", "0012_one_key_each"),
        ("parties", "0007_searched_by_index"),
        ("wallet", "0010_oldest_first"),
    ]

    operations = [
        migrations.AlterField(
            model_name="charge",
            name="agreement_version",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="agreements.agreementversion"
            ),
        ),
        migrations.AlterField(
            model_name="charge",
            name="chosen_method",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="Pay Now: the one the payer picked",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="wallet.method",
            ),
        ),
        migrations.AlterField(
            model_name="charge",
            name="method",
            field=models.ForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="wallet.method"
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("chosen_method__isnull", False)), fields=["chosen_method"], name="charge_by_choice"
            ),
        ),
        statements([*charge_guard(), *refund_guard()]),
    ]
