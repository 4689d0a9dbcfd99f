from django.db import migrations

from autopay.tenancy import statements, tenant_table


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_tables")]
    operations = [
        tenant_table("biller", key="id", app="select, update", engine="select"),
        tenant_table("payer", engine="select, insert, update"),
        tenant_table("billing_information", engine="select"),
        tenant_table("billing_contact", engine="select"),
        tenant_table("contact_patient", engine="select"),
        tenant_table("invitation", engine="select"),
        statements(
            [
                """
                create function refuse_change() returns trigger language plpgsql as $$
                begin
                    raise exception '% keeps every row as it was written: post a new one instead', tg_table_name;
                end $$
                """
            ]
        ),
    ]
