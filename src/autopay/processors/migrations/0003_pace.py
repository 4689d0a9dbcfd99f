import django.db.models.deletion
from django.db import migrations, models

from autopay.tenancy import statements, tenant_table

# Accounts there are already; new ones get theirs as they are connected (pace.py).
EXISTING = """insert into processor_pace (biller_id, rate)
    select biller_id, case when rtrim(api_base, '/') in ('', 'https://api.stripe.com') then 15 end from processor_account"""


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0007_searched_by_index"),
        ("processors", "0002_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProcessorPace",
            fields=[
                (
                    "biller",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to="parties.biller"
                    ),
                ),
                ("rate", models.FloatField(null=True)),
                ("by_hand", models.BooleanField(db_default=False)),
                ("tokens", models.FloatField(db_default=0)),
                ("refilled_at", models.DateTimeField(null=True)),
                ("failures", models.IntegerField(db_default=0)),
                ("since", models.DateTimeField(null=True)),
                ("paused_until", models.DateTimeField(null=True)),
                ("probing", models.BooleanField(db_default=False)),
                ("too_fast", models.BooleanField(db_default=False)),
                ("why", models.CharField(db_default="", max_length=200)),
            ],
            options={
                "db_table": "processor_pace",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rate__isnull", True), ("rate__gt", 0), _connector="OR"), name="pace_above_zero"
                    )
                ],
            },
        ),
        tenant_table("processor_pace", app="select, insert, update"),
        statements([EXISTING]),
    ]
