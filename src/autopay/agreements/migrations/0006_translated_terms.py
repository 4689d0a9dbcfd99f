from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agreements", "0005_for_lists"),
    ]

    operations = [
        migrations.AddField(
            model_name="terms",
            name="translates",
            field=models.IntegerField(
                help_text="the English version it is a translation of; the English ones are none", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("language", "en"), ("translates__isnull", True)),
                    models.Q(models.Q(("language", "en"), _negated=True), ("translates__isnull", False)),
                    _connector="OR",
                ),
                name="terms_translate_english",
            ),
        ),
    ]
