"""Until now the days of a notice began although nobody had been told (E6). What still waits is announced, and counts from that mail."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_for_lists")]

    operations = [
        migrations.RunSQL("update invoice set noticed_on = null where why = 'notice_first'", migrations.RunSQL.noop),
    ]
