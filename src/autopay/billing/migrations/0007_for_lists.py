import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0006_dated_prices_and_bill_days"),
        ("parties", "0007_searched_by_index"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(
                    (
                        "total__gt",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(models.F("captured"), "-", models.F("returned")),
                            "+",
                            models.F("elsewhere"),
                        ),
                    ),
                    ("voided_at__isnull", True),
                ),
                fields=["biller", "issued_on"],
                include=("total", "captured", "returned", "elsewhere", "why", "blocked"),
                name="invoice_open_by_day",
            ),
        ),
    ]
