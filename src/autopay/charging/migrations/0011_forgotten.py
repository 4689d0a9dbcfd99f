"""Restored books: what the processor did that they do not know. The guards are made anew: nothing is sent in quarantine."""

import django.db.models.deletion
from django.db import migrations, models

from autopay.charging.guard import charge_guard, refund_guard
from autopay.tenancy import statements, tenant_table


class Migration(migrations.Migration):
    dependencies = [
        ("charging", "0010_oldest_first"),
        ("installation", "0001_tables"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="charge",
            name="compared",
            field=models.BigIntegerField(db_default=0, help_text="with forgotten payments up to this id (recognize.py)"),
        ),
        migrations.AddField(
            model_name="refund",
            name="compared",
            field=models.BigIntegerField(db_default=0, help_text="as of a charge"),
        ),
        migrations.CreateModel(
            name="Forgotten",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(help_text="payment or refund", max_length=10)),
                (
                    "state",
                    models.CharField(help_text="done, pending or failed, at the processor when it was read", max_length=10),
                ),
                ("ref", models.CharField(max_length=80)),
                ("payment", models.CharField(help_text="the payment it is, or that it refunds", max_length=80)),
                ("mark", models.CharField(help_text="of the key it was made with, as the adapter makes it", max_length=80)),
                (
                    "charge_uid",
                    models.CharField(
                        db_default="", help_text="the charge we named with it; it may be gone from the books", max_length=80
                    ),
                ),
                ("minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("at", models.DateTimeField()),
                (
                    "resolved_at",
                    models.DateTimeField(help_text="since then a charge or refund of ours carries its reference", null=True),
                ),
                (
                    "biller",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller"),
                ),
                (
                    "charge",
                    models.ForeignKey(
                        help_text="the due one that it turned out to be",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="charging.charge",
                    ),
                ),
            ],
            options={
                "db_table": "forgotten_payment",
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)), fields=["biller", "id"], name="forgotten_open"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("biller", "kind", "ref"), name="forgotten_once")],
            },
        ),
        tenant_table("forgotten_payment", app="select"),
        statements([*charge_guard(), *refund_guard()]),
    ]
