"""Saved methods. Only token, brand, last four, expiry and funding are kept (rule P2)."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from autopay.parties.models import Biller, Payer


class Wallet(models.Model):
    """The payer as the processor knows it."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.OneToOneField(Payer, models.CASCADE, primary_key=True)
    customer = models.CharField(max_length=80)

    class Meta:
        db_table = "wallet"


class Method(models.Model):
    """A card or bank account on its way into, in, or out of the wallet. Saving is a saga (wallet/save.py)."""

    class State(models.TextChoices):
        OFFERED = "offered"  # the payer's browser has a token; nothing attached yet
        ATTACHED = "attached"  # the processor keeps it for this customer
        HOLDING = "holding"  # a hold is placed or being released (A22)
        USABLE = "usable"
        REFUSED = "refused"
        DETACHED = "detached"

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    payer = models.ForeignKey(Payer, models.PROTECT)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    state = models.CharField(max_length=10, choices=State.choices)
    kind = models.CharField(max_length=4, choices=[("card", "Card"), ("bank", "Bank account")])
    token = models.CharField(max_length=80)
    customer = models.CharField(max_length=80, db_default="")
    brand = models.CharField(max_length=30, db_default="")
    last4 = models.CharField(max_length=4, db_default="")
    exp_month = models.SmallIntegerField(null=True)
    exp_year = models.SmallIntegerField(null=True)
    funding = models.CharField(max_length=8, db_default="unknown")
    network_ref = models.CharField(max_length=80, db_default="")
    verified = models.BooleanField(db_default=True)
    verification = models.CharField(
        max_length=80, db_default="", help_text="a bank account being verified: the processor's set-up to ask"
    )
    verification_link = models.CharField(max_length=500, db_default="", help_text="where the payer proves that it is theirs")
    verify_until = models.DateTimeField(null=True, help_text="business instant until which the payer can prove it")
    is_default = models.BooleanField(db_default=False)
    once = models.BooleanField(db_default=False, help_text="typed for one payment: it goes again when that has ended (V7)")
    refused_reason = models.CharField(max_length=24, db_default="")
    network = models.CharField(max_length=50, db_default="", help_text="offered from there on the web: limits count it (G3)")
    fingerprint = models.CharField(
        max_length=64, db_default="", help_text="keyed hash of the processor's name for the number; empty for test numbers"
    )
    admitted_at = models.DateTimeField(null=True, help_text="machine time; from then on the bank may be asked")
    hold_ref = models.CharField(max_length=80, db_default="")
    hold_minor = models.BigIntegerField(null=True)
    hold_placed_at = models.DateTimeField(null=True)
    hold_released_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True, help_text="machine time of the sweeper's next look")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "method"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["payer"], condition=Q(is_default=True), name="method_one_default"),
            models.UniqueConstraint(fields=["payer", "id"], name="method_of_payer"),
            models.UniqueConstraint(fields=["biller", "token"], name="method_token"),
            models.CheckConstraint(condition=Q(is_default=False) | Q(state="usable"), name="method_default_is_usable"),
            models.CheckConstraint(condition=~Q(is_default=True, once=True), name="method_once_is_no_default"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["biller", "payer"], include=["id", "verified"], condition=Q(is_default=True), name="method_default"
            ),
            models.Index(fields=["retry_at"], condition=Q(retry_at__isnull=False), name="method_unfinished"),
            models.Index(fields=["created_at"], condition=~Q(network=""), name="method_tried"),
            models.Index(fields=["created_at"], condition=Q(once=True, state="usable"), name="method_to_let_go"),
            models.Index(
                fields=["biller", "exp_year", "exp_month", "id"],
                condition=Q(is_default=True, kind="card"),
                name="method_default_expires",
            ),
            models.Index(fields=["biller", "fingerprint"], condition=~Q(fingerprint=""), name="method_fingerprint"),
        ]


class SavingPause(models.Model):
    """Until when this biller's forms take no card from somebody who never saved one (G3): its latest pause."""

    biller = models.OneToOneField(Biller, models.PROTECT, primary_key=True)
    since = models.DateTimeField(help_text="machine time")
    until = models.DateTimeField(help_text="machine time")
    refused = models.IntegerField(help_text="cards a bank refused in the hour before")
    tried = models.IntegerField(help_text="of so many")

    class Meta:
        db_table = "saving_pause"
