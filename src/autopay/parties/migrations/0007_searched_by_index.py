from django.db import migrations, models
from django.db.models.functions import Concat, Left, Lower


class Migration(migrations.Migration):
    """A search reads one index from its beginning, in the order of the list, and stops when the page is full."""

    dependencies = [("parties", "0004_invitations_by_mail")]
    operations = [
        migrations.RemoveIndex(model_name="payer", name="payer_by_name"),
        migrations.AddField(
            model_name="payer",
            name="searched",
            field=models.GeneratedField(
                db_persist=True,
                expression=Left(
                    Lower(
                        Concat(
                            "sort_key",
                            models.Value("\n"),
                            "email",
                            models.Value("\n"),
                            "external_id",
                            output_field=models.TextField(),
                        )
                    ),
                    480,
                ),
                help_text="what a search looks into; short enough for an index",
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="payer",
            index=models.Index(fields=["biller", "kind", "sort_key", "id"], include=("searched",), name="payer_by_name"),
        ),
    ]
