from django.db import migrations

from autopay.tenancy import append_only, tenant_table


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_tables"), ("parties", "0002_rights")]
    operations = [
        tenant_table("journal_entry", app="select, insert", engine="select, insert"),
        tenant_table("journal_seal", app="select", engine="select, insert"),
        append_only("journal_entry"),
        append_only("journal_seal"),
    ]
