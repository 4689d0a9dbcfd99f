"""A biller's account at a payment processor, and what the processor told us."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from autopay.parties.models import Biller


class ProcessorAccount(models.Model):
    """Keys are stored encrypted under the installation secret (rule Z1); a test key belongs to the sandbox or Stripe's test mode."""

    biller = models.OneToOneField(Biller, models.PROTECT, primary_key=True)
    adapter = models.CharField(max_length=20, db_default="stripe")
    api_base = models.CharField(max_length=200)
    publishable_key = models.CharField(max_length=200)
    secret_key = models.BinaryField()
    webhook_secret = models.BinaryField(db_default=b"")
    connected = models.BooleanField(db_default=True)

    class Meta:
        db_table = "processor_account"


class ProcessorPace(models.Model):
    """How fast an account may be asked, and whether it is left alone for a while: pace.py. All instants are the machine's."""

    biller = models.OneToOneField(Biller, models.PROTECT, primary_key=True)
    rate = models.FloatField(null=True)
    """Charges and refunds a second, on average; null: as many as there are."""
    by_hand = models.BooleanField(db_default=False)
    """A person set the rate: other keys leave it alone."""
    tokens = models.FloatField(db_default=0)
    """What was left of the bucket at `refilled_at`; below zero it is a debt."""
    refilled_at = models.DateTimeField(null=True)
    failures = models.IntegerField(db_default=0)
    """Calls without an answer and without one between; from TRIPS_AT on the account is paused, and each pause counts one more."""
    since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    probing = models.BooleanField(db_default=False)
    """One call is on its way to see whether there is an answer again; nothing else is sent until `paused_until`."""
    too_fast = models.BooleanField(db_default=False)
    """Paused because we were asked to go slower, not for want of an answer."""
    why = models.CharField(max_length=200, db_default="")

    class Meta:
        db_table = "processor_pace"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(rate__isnull=True) | Q(rate__gt=0), name="pace_above_zero")]


class WebhookEvent(models.Model):
    """Inbox: stored once by (biller, event id), answered 200 after the commit, applied later from the re-fetched object (rule M7)."""

    biller_id = models.BigIntegerField()
    event = models.CharField(max_length=80)
    type = models.CharField(max_length=60)
    object = models.CharField(max_length=80)
    payment = models.CharField(max_length=80, db_default="")
    received_at = models.DateTimeField(db_default=Now())
    applied_at = models.DateTimeField(null=True)
    tries = models.IntegerField(db_default=0)
    next_try = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "webhook_event"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller_id", "event"], name="webhook_event_once")]
        indexes: ClassVar = [models.Index(fields=["next_try"], condition=Q(applied_at__isnull=True), name="webhook_event_open")]
