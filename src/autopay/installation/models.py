"""One row: where these books were last at work, and whether they are in quarantine."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """The database compares `identity` with itself before anything is sent (`sending_allowed`); workers compare the rest (watch.py)."""

    id = models.SmallIntegerField(primary_key=True, db_default=1)
    uid = models.UUIDField(db_default=RandomUUID())
    identity = models.CharField(
        max_length=80,
        db_default="",
        help_text="`database_identity()` of the database it works in; empty until a worker has begun",
    )
    files = models.CharField(max_length=120, db_default="", help_text="where the bundled server's files are (files.py)")
    seen_at = models.DateTimeField(null=True, help_text="machine time, by the minute while a worker runs; it only grows")
    quarantined_at = models.DateTimeField(null=True, help_text="machine time; while it is set nothing is sent")
    why = models.CharField(max_length=12, db_default="", help_text="difference.Why of the quarantine")
    copy = models.BooleanField(db_default=False, help_text="declared a copy: it mails nobody")

    class Meta:
        db_table = "installation"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="installation_one")]
