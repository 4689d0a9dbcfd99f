from django.db import migrations

from autopay.tenancy import statements, tenant_table


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_tables"), ("parties", "0002_rights")]
    operations = [
        tenant_table("product", engine="select"),
        tenant_table("price", engine="select"),
        tenant_table("selection", engine="select"),
        tenant_table("visit", app="select, insert, update"),
        # The web may void, approve and record a payment made elsewhere; only the engine says what was captured.
        tenant_table(
            "invoice",
            app="select, insert, update (total, elsewhere, voided_at, why, why_until, approved_minor, noticed_on)",
        ),
        tenant_table("invoice_line", app="select, insert", engine="select, insert"),
        tenant_table("invoice_counter", app="select, insert, update"),
        tenant_table("elsewhere", app="select, insert", engine="select"),
        tenant_table("balance", app="select", engine="select, insert, update"),
        tenant_table("night", app="select, insert"),
        statements(
            [
                "alter table invoice add constraint invoice_payer_of_biller foreign key (biller_id, payer_id) references payer (biller_id, id)",
                "alter table visit add constraint visit_payer_of_biller foreign key (biller_id, payer_id) references payer (biller_id, id)",
            ]
        ),
    ]
