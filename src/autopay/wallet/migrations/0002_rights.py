from django.db import migrations

from autopay.tenancy import statements, tenant_table


class Migration(migrations.Migration):
    dependencies = [("wallet", "0001_tables"), ("parties", "0002_rights")]
    operations = [
        tenant_table("wallet", app="select, insert, update"),
        tenant_table("method", app="select, insert, update"),
        statements(
            [
                "alter table method add constraint method_payer_of_biller foreign key (biller_id, payer_id) references payer (biller_id, id)"
            ]
        ),
    ]
