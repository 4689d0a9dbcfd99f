"""Who did what, when. Written in the transaction of the deed; numbered and chained afterwards by the sealer."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    biller = models.ForeignKey("parties.Biller", models.PROTECT, db_constraint=False, db_index=False)
    at = models.DateTimeField(help_text="business instant of the deed")
    actor = models.CharField(max_length=80, help_text="user:7, autopay, processor, import, cli")
    action = models.CharField(max_length=60)
    object = models.CharField(max_length=20, help_text="table of the thing")
    object_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "journal_entry"
        indexes: ClassVar = [models.Index(fields=["biller", "object", "object_id", "id"], name="entry_of_object")]


class Seal(models.Model):
    """One link per entry: hash = SHA-256(previous hash, the entry's canonical JSON). One sealer per tenant writes it (design 4.14)."""

    biller = models.ForeignKey("parties.Biller", models.PROTECT, db_constraint=False, db_index=False)
    seq = models.BigIntegerField()
    entry = models.OneToOneField(Entry, models.PROTECT)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "journal_seal"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "seq"], name="seal_seq")]
