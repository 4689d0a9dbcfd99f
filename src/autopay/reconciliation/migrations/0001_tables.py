import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from autopay.tenancy import tenant_table


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("billing", "0008_for_lists"),
        ("charging", "0010_oldest_first"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="Booking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("booking", models.CharField(help_text="the processor's name for this line", max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("payment", "payment"),
                            ("refund", "refund"),
                            ("return", "return"),
                            ("dispute", "dispute"),
                            ("other", "other"),
                        ],
                        max_length=8,
                    ),
                ),
                ("ref", models.CharField(help_text="the payment, refund or dispute", max_length=80)),
                ("payment", models.CharField(max_length=80)),
                ("at", models.DateTimeField(help_text="when it was booked")),
                ("minor", models.BigIntegerField(help_text="as the payer sees it")),
                ("currency", models.CharField(max_length=10)),
                ("settled", models.BigIntegerField(help_text="in the account's currency, before the fee")),
                ("settled_currency", models.CharField(max_length=10)),
                ("fee", models.BigIntegerField()),
                ("available", models.DateField(help_text="UTC date from which it is paid out", null=True)),
                ("mark", models.CharField(db_default="", help_text="hash of the key it was sent with", max_length=80)),
                ("charge_uid", models.UUIDField(help_text="what it carries as our reference", null=True)),
                (
                    "told_by",
                    models.CharField(
                        choices=[("book", "The list of movements"), ("payout", "A payout names it, the list did not")],
                        db_default="book",
                        max_length=6,
                    ),
                ),
                ("payout", models.CharField(db_default="", max_length=80)),
                ("agreed", models.BooleanField(db_default=False, help_text="compared, and nothing is open about it")),
                ("biller", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller")),
                (
                    "charge",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="charging.charge"
                    ),
                ),
            ],
            options={
                "db_table": "booking",
                "indexes": [
                    models.Index(fields=["biller", "at"], name="booking_by_day"),
                    models.Index(fields=["biller", "payment"], name="booking_of_payment"),
                    models.Index(condition=models.Q(("charge__isnull", False)), fields=["charge"], name="booking_of_charge"),
                    models.Index(condition=models.Q(("agreed", False)), fields=["biller", "at"], name="booking_not_agreed"),
                    models.Index(condition=models.Q(("payout", "")), fields=["biller", "available"], name="booking_not_paid_out"),
                    models.Index(
                        condition=models.Q(("payout", ""), _negated=True),
                        fields=["biller", "settled_currency", "available"],
                        name="booking_paid_out",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("biller", "booking"), name="booking_once")],
            },
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(help_text="the biller's local date that was compared when it was found")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missing_with_us", "missing_with_us"),
                            ("missing_with_them", "missing_with_them"),
                            ("wrong_amount", "wrong_amount"),
                            ("wrong_currency", "wrong_currency"),
                            ("wrong_fee", "wrong_fee"),
                            ("duplicate", "duplicate"),
                            ("not_paid_out", "not_paid_out"),
                            ("unknown_line", "unknown_line"),
                            ("payout_sum", "payout_sum"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        choices=[
                            ("payment", "payment"),
                            ("refund", "refund"),
                            ("return", "return"),
                            ("dispute", "dispute"),
                            ("payout", "payout"),
                        ],
                        max_length=8,
                    ),
                ),
                ("ref", models.CharField(max_length=80)),
                ("payment", models.CharField(help_text="the payment behind it, or the payout", max_length=80)),
                ("ours", models.BigIntegerField(help_text="minor units; null: we have nothing", null=True)),
                ("theirs", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=10)),
                (
                    "next_step",
                    models.CharField(
                        choices=[
                            ("taken_there", "taken_there"),
                            ("lost_here", "lost_here"),
                            ("we_said_no", "we_said_no"),
                            ("ask_again", "ask_again"),
                            ("sent_back_there", "sent_back_there"),
                            ("came_back", "came_back"),
                            ("not_there", "not_there"),
                            ("not_sent_back", "not_sent_back"),
                            ("not_came_back", "not_came_back"),
                            ("amounts", "amounts"),
                            ("currencies", "currencies"),
                            ("fee", "fee"),
                            ("twice", "twice"),
                            ("refunded_twice", "refunded_twice"),
                            ("where_is_it", "where_is_it"),
                            ("what_is_it", "what_is_it"),
                            ("sum", "sum"),
                        ],
                        max_length=16,
                    ),
                ),
                ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "resolved_by",
                    models.CharField(
                        db_default="", help_text="an actor; 'reconciliation' when it was gone by itself", max_length=80
                    ),
                ),
                ("note", models.CharField(db_default="", max_length=500)),
                ("biller", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller")),
                (
                    "charge",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="charging.charge"
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="billing.invoice"
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="charging.refund"
                    ),
                ),
            ],
            options={
                "db_table": "difference",
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)), fields=["biller", "id"], name="difference_open"
                    ),
                    models.Index(fields=["biller", "ref"], name="difference_of_ref"),
                    models.Index(condition=models.Q(("charge__isnull", False)), fields=["charge"], name="difference_of_charge"),
                    models.Index(condition=models.Q(("refund__isnull", False)), fields=["refund"], name="difference_of_refund"),
                    models.Index(
                        condition=models.Q(("invoice__isnull", False)), fields=["invoice"], name="difference_of_invoice"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=("biller", "kind", "about", "ref"),
                        name="difference_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", True), ("resolved_by", "")),
                            models.Q(("note__gt", ""), ("resolved_at__isnull", False), ("resolved_by__gt", "")),
                            _connector="OR",
                        ),
                        name="difference_resolved_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeeRates",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("card_points", models.IntegerField(help_text="basis points of the amount")),
                ("card_fixed", models.BigIntegerField(help_text="minor units")),
                ("bank_points", models.IntegerField()),
                ("bank_fixed", models.BigIntegerField()),
                ("bank_cap", models.BigIntegerField(help_text="a debit costs no more", null=True)),
                ("dispute_fixed", models.BigIntegerField()),
                ("biller", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller")),
            ],
            options={
                "db_table": "fee_rates",
                "constraints": [
                    models.UniqueConstraint(fields=("biller", "since"), name="fee_rates_since"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("bank_points__range", (0, 10000)),
                            ("card_points__range", (0, 10000)),
                            ("bank_fixed__gte", 0),
                            ("card_fixed__gte", 0),
                            ("dispute_fixed__gte", 0),
                        ),
                        name="fee_rates_are_possible",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_until", models.DateTimeField(help_text="machine time; nobody else begins it before", null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("tries", models.IntegerField(db_default=0)),
                ("why", models.CharField(db_default="", help_text="why the last try did not end", max_length=200)),
                ("compared", models.IntegerField(db_default=0, help_text="payments")),
                ("found", models.IntegerField(db_default=0, help_text="new differences")),
                ("closed", models.IntegerField(db_default=0, help_text="differences that were gone")),
                ("payouts", models.IntegerField(db_default=0)),
                ("sums", models.JSONField(db_default={}, help_text="what both sides booked that day, in minor units")),
                ("biller", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="parties.biller")),
            ],
            options={
                "db_table": "reconciliation",
                "indexes": [
                    models.Index(condition=models.Q(("done_at__isnull", True)), fields=["on"], name="reconciliation_open")
                ],
                "constraints": [models.UniqueConstraint(fields=("biller", "on"), name="reconciliation_once")],
            },
        ),
        tenant_table("booking", app="select"),
        tenant_table("difference", app="select"),
        tenant_table("reconciliation", app="select"),
        tenant_table("fee_rates", app="select, insert", engine="select"),
    ]
