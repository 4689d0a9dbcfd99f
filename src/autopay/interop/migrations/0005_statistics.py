from django.db import migrations

from autopay.tenancy import statements

FILLED = (
    "payer",
    "agreement",
    "agreement_version",
    "visit",
    "invoice",
    "invoice_line",
    "charge",
    "charge_part",
    "imported_record",
)
REFRESH = f"""
    create function refresh_statistics() returns void language plpgsql security definer set search_path = public as $$
    declare grown regclass;
    begin
        for grown in
            select oid::regclass from pg_class
            where relnamespace = 'public'::regnamespace and relname in {FILLED}
              and pg_relation_size(oid) / current_setting('block_size')::int > 2 * greatest(relpages, 8)
        loop
            execute format('analyze %s', grown);
        end loop;
    end $$
"""


class Migration(migrations.Migration):
    """An import fills tables faster than their statistics follow; only their owner may refresh these. A table that has not doubled in
    size since is left alone."""

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
                REFRESH,
                "revoke all on function refresh_statistics() from public",
                "grant execute on function refresh_statistics() to autopay_app, autopay_engine",
            ]
        )
    ]
