import django.contrib.postgres.functions
from django.db import migrations, models

from autopay.installation.rights import RIGHTS
from autopay.tenancy import statements


class Migration(migrations.Migration):
    initial = True

    dependencies = [("parties", "0002_rights")]

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                ("id", models.SmallIntegerField(db_default=1, primary_key=True, serialize=False)),
                ("uid", models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID())),
                (
                    "identity",
                    models.CharField(
                        db_default="",
                        help_text="`database_identity()` of the database it works in; empty until a worker has begun",
                        max_length=80,
                    ),
                ),
                (
                    "files",
                    models.CharField(db_default="", help_text="where the bundled server's files are (files.py)", max_length=120),
                ),
                (
                    "seen_at",
                    models.DateTimeField(help_text="machine time, by the minute while a worker runs; it only grows", null=True),
                ),
                ("quarantined_at", models.DateTimeField(help_text="machine time; while it is set nothing is sent", null=True)),
                ("why", models.CharField(db_default="", help_text="difference.Why of the quarantine", max_length=12)),
                ("copy", models.BooleanField(db_default=False, help_text="declared a copy: it mails nobody")),
            ],
            options={
                "db_table": "installation",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="installation_one")],
            },
        ),
        statements(RIGHTS),
    ]
