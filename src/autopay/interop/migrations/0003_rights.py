from django.db import migrations

from autopay.tenancy import tenant_table


class Migration(migrations.Migration):
    dependencies = [("interop", "0002_tables"), ("parties", "0002_rights")]
    operations = [
        tenant_table("import_run", app="select, insert, update", engine="select"),
        tenant_table("imported_record", app="select, insert, update", engine="select"),
    ]
