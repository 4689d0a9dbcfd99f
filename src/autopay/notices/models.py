"""The outbox. A notice is written from a sealed journal entry, once, and sent until the mail server has taken it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from autopay.parties.models import Biller, Payer


class Notice(models.Model):
    """One mail about one thing: `object` and `object_id` name it, and a second notice of this kind about it to the
    same address is impossible (I14)."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    payer = models.ForeignKey(Payer, models.PROTECT, null=True, help_text="empty: for the biller's own staff")
    uid = models.UUIDField(unique=True, db_default=RandomUUID(), help_text="names the mail: sent twice, it is still one mail")
    kind = models.CharField(max_length=20)
    object = models.CharField(max_length=20, help_text="table of the thing it is about")
    object_id = models.BigIntegerField()
    at = models.DateTimeField(help_text="business instant of what it tells")
    to = models.EmailField()
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=6, choices=State.choices, db_default=State.QUEUED)
    tries = models.IntegerField(db_default=0)
    try_at = models.DateTimeField(db_default=Now(), help_text="machine time of the next try")
    made_at = models.DateTimeField(db_default=Now(), help_text="machine time")
    sent_at = models.DateTimeField(null=True, help_text="machine time")
    error = models.CharField(max_length=60, db_default="", help_text="name of the last fault; no address, no text")

    class Meta:
        db_table = "notice"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "kind", "object", "object_id", "to"], name="notice_once"),
            models.CheckConstraint(condition=~Q(to="") & ~Q(text="") & ~Q(html=""), name="notice_is_complete"),
            models.CheckConstraint(
                condition=Q(payer__isnull=False) | Q(kind__in=["invitation", "saving paused"]), name="notice_of_payer"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["try_at"], condition=Q(state="queued"), name="notice_queued")]


class Cursor(models.Model):
    """How far a biller's journal has been told: the number of the last seal that was read."""

    biller = models.OneToOneField(Biller, models.PROTECT, primary_key=True)
    seq = models.BigIntegerField()

    class Meta:
        db_table = "notice_cursor"
