"""Tables that grow are looked at by autovacuum after a hundredth of their rows changed, not after a tenth.

Until then the planner knows nothing of a biller that came with many rows: beside a million invoices of another, the page of a practice of
a thousand new ones took 15 seconds. A charge is written three times, so that its dead rows are many, too.
"""

from django.db import migrations

from autopay.tenancy import statements

GROWING = (
    "payer",
    "agreement",
    "agreement_version",
    "method",
    "consent",
    "selection",
    "visit",
    "invoice",
    "invoice_line",
    "charge",
)
GROWING += ("charge_part", "ledger_transfer", "journal_entry", "journal_seal", "notice")
WRITTEN_AGAIN = ("charge", "charge_part", "invoice")


class Migration(migrations.Migration):
    dependencies = [
        ("charging", "0013_batches_looked_at_once"),
        ("billing", "0010_one_key_each"),
        ("journal", "0004_covered_indexes"),
        ("ledger", "0001_tables"),
        ("notices", "0002_rights"),
    ]

    operations = [
        statements(
            [
                *(
                    f"alter table {table} set (autovacuum_analyze_scale_factor = 0.01, autovacuum_analyze_threshold = 1000)"
                    for table in GROWING
                ),
                *(f"alter table {table} set (autovacuum_vacuum_scale_factor = 0.05)" for table in WRITTEN_AGAIN),
            ]
        ),
    ]
