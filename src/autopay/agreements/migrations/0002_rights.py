from django.db import migrations

from autopay.tenancy import append_only, statements, tenant_table


class Migration(migrations.Migration):
    dependencies = [("agreements", "0001_tables"), ("wallet", "0002_rights")]
    operations = [
        # The engine locks switch and agreement for share, which needs a right to update.
        tenant_table("company_switch", app="select, insert, update", engine="select, update"),
        tenant_table("agreement", app="select, insert, update", engine="select, insert, update"),
        tenant_table("agreement_version", app="select, insert", engine="select, insert"),
        tenant_table("terms", app="select, insert", engine="select"),
        tenant_table("consent", app="select, insert", engine="select"),
        tenant_table("consent_end", app="select, insert", engine="select, insert"),
        tenant_table("request", app="select, insert, update", engine="select"),
        append_only("agreement_version"),
        append_only("terms"),
        append_only("consent"),
        append_only("consent_end"),
        statements(
            [
                "alter table consent add constraint consent_method_of_payer foreign key (payer_id, method_id) references method (payer_id, id)"
            ]
        ),
    ]
