from django.db import migrations

from autopay.tenancy import append_only, tenant_table


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_tables"), ("parties", "0002_rights")]
    operations = [
        tenant_table("ledger_transfer", app="select, insert", engine="select, insert"),
        append_only("ledger_transfer"),
    ]
