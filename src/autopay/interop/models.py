"""What was read from other systems' files: one row per record, so that reading again changes nothing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from autopay.parties.models import Biller


class ImportRun(models.Model):
    biller = models.ForeignKey(Biller, models.PROTECT)
    kind = models.CharField(max_length=10)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        db_table = "import_run"


class ImportedRecord(models.Model):
    """Fingerprint of the last content seen for a source's identifier: unchanged, changed or new is decided from it."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    kind = models.CharField(max_length=20)
    source = models.CharField(max_length=120)
    external_id = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    object_id = models.BigIntegerField(null=True, help_text="the row it became; empty where two records claim one reference")
    run = models.ForeignKey(ImportRun, models.PROTECT, db_index=False)

    class Meta:
        db_table = "imported_record"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "kind", "source", "external_id"], name="imported_once")
        ]
