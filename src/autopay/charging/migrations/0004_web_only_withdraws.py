from django.db import migrations

from autopay.tenancy import statements


class Migration(migrations.Migration):
    """Of a charge the web touches due rows only, of a part only whether it lives, and it asks for refunds without settling them."""

    dependencies = [("charging", "0003_rights")]
    operations = [
        statements(
            [
                "alter policy web_never_settles on charge using (state = 'due')",
                "revoke update on charge_part from autopay_app",
                "grant update (live) on charge_part to autopay_app",
                "create policy web_never_sends_back on refund as restrictive for insert to autopay_app with check (state = 'due')",
            ]
        )
    ]
