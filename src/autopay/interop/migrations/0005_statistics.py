from django.db import migrations

from autopay.tenancy import statements

FILLED = "payer, agreement, agreement_version, visit, invoice, invoice_line, charge, charge_part, imported_record"


class Migration(migrations.Migration):
    """An import fills tables faster than their statistics follow; only their owner may refresh these."""

    dependencies = [
        ("interop", "0004_object"),
        ("parties", "0002_rights"),
        ("billing", "0002_rights"),
        ("agreements", "0002_rights"),
        ("charging", "0003_rights"),
    ]
    operations = [
        statements(
            [
                f"""
                create function refresh_statistics() returns void language plpgsql security definer set search_path = public as $$
                begin
                    analyze {FILLED};
                end $$
                """,
                "revoke all on function refresh_statistics() from public",
                "grant execute on function refresh_statistics() to autopay_app, autopay_engine",
            ]
        )
    ]
