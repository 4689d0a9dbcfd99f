from django.db import migrations

from autopay.charging.guard import charge_guard, refund_guard
from autopay.tenancy import statements, tenant_table


class Migration(migrations.Migration):
    dependencies = [("charging", "0002_tables"), ("agreements", "0002_rights"), ("billing", "0002_rights")]
    operations = [
        tenant_table("charge", app="select, insert, update"),
        tenant_table("charge_part", app="select, insert, update"),
        tenant_table("refund", app="select, insert"),
        tenant_table("dispute", app="select", engine="select, insert, update"),
        tenant_table("unmatched_receipt", app="select, update"),
        statements([*charge_guard(), *refund_guard()]),
        statements(
            [
                # The web writes due charges and withdraws them; what became of a call is the engine's to say.
                "create policy web_never_settles on charge as restrictive for update to autopay_app "
                "using (true) with check (state in ('due', 'withdrawn'))",
                "create policy web_never_sends on charge as restrictive for insert to autopay_app with check (state = 'due')",
                "alter table charge add constraint charge_payer_of_biller foreign key (biller_id, payer_id) references payer (biller_id, id)",
                "alter table charge add constraint charge_method_of_payer foreign key (payer_id, method_id) references method (payer_id, id)",
                "alter table charge add constraint charge_chosen_of_payer "
                "foreign key (payer_id, chosen_method_id) references method (payer_id, id)",
            ]
        ),
    ]
