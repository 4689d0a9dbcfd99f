from django.db import migrations

from autopay.tenancy import statements, tenant_table


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_tables"), ("journal", "0003_rights"), ("agreements", "0002_rights")]
    operations = [
        tenant_table("notice", app="select"),
        tenant_table("notice_cursor", app="select"),
        statements(
            [
                # What happened before this installation could write mails is no news.
                "insert into notice_cursor (biller_id, seq) select biller_id, max(seq) from journal_seal group by biller_id",
            ]
        ),
    ]
