from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0006_translated_terms"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="agreement",
            index=models.Index(fields=["biller", "since", "payer"], include=("switch",), name="agreement_since"),
        ),
    ]
