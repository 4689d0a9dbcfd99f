from django.db import migrations

from autopay.tenancy import tenant_table


class Migration(migrations.Migration):
    dependencies = [("processors", "0001_tables"), ("parties", "0002_rights")]
    operations = [tenant_table("processor_account", app="select, insert, update", engine="select")]
