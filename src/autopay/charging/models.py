"""Charges, their parts, refunds. The states and their legal moves are charge.py's; a trigger in the database knows them too."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from autopay.agreements.models import AgreementVersion
from autopay.billing.models import Invoice
from autopay.charging.charge import RefundState, State, Trigger
from autopay.ordered_uuid import OrderedUUID
from autopay.parties.models import Biller, Payer
from autopay.wallet.models import Method


class Charge(models.Model):
    """The charge table is the queue. A due charge fixes only the debt; amount, method and agreement version are set at the claim.

    Each charge is written three times, and each time all of its indexes are: there is none that another one can stand in for, and no
    reference is checked twice (payer with biller, method with payer: migration 0003).
    """

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False, db_constraint=False)
    payer = models.ForeignKey(Payer, models.PROTECT, db_index=False, db_constraint=False)
    uid = models.UUIDField(unique=True, db_default=OrderedUUID())
    trigger = models.CharField(max_length=10, choices=[(t, t) for t in Trigger])
    state = models.CharField(max_length=12, choices=[(s, s) for s in State], db_default=State.DUE)
    debt = models.CharField(max_length=300, help_text="what it is for; the key is made from it and the attempt number")
    period = models.DateField(null=True, help_text="monthly: the local date of this charge day")
    priority = models.SmallIntegerField(db_default=5, help_text="0 a person waits, 1 a single invoice, 5 a batch")
    run_at = models.DateTimeField(db_default=Now(), help_text="business instant before which it is not claimed")
    attempt = models.IntegerField(db_default=1)
    key = models.CharField(max_length=64, db_default="", help_text="idempotency key of the current attempt, set at the claim")
    minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    method = models.ForeignKey(Method, models.PROTECT, null=True, db_constraint=False)
    agreement_version = models.ForeignKey(AgreementVersion, models.PROTECT, null=True, db_index=False)
    chosen_method = models.ForeignKey(
        Method,
        models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
        help_text="Pay Now: the one the payer picked",
    )
    asked_minor = models.BigIntegerField(null=True, help_text="Pay Now: the amount the payer saw and confirmed")
    review = models.CharField(max_length=64, db_default="", help_text="Pay Now: what the payer looked at when they confirmed it")
    requested_by = models.CharField(max_length=80, db_default="autopay")
    lease_until = models.DateTimeField(null=True, help_text="machine time; after it the charge is looked up, never re-sent")
    sent_at = models.DateTimeField(null=True, help_text="business instant at which `sending` was committed")
    called_at = models.DateTimeField(null=True, help_text="the same on the machine's clock")
    settled_at = models.DateTimeField(null=True)
    ref = models.CharField(max_length=80, db_default="", help_text="the processor's payment")
    network_ref = models.CharField(max_length=80, db_default="")
    link = models.CharField(max_length=500, db_default="", help_text="where the payer confirms, while needs_payer")
    reason = models.CharField(
        max_length=24, db_default="", help_text="protocol.Reason of a failure or return, or charge.Why of a withdrawal"
    )
    look_at = models.DateTimeField(null=True, help_text="machine time of the next look-up")
    looks = models.IntegerField(db_default=0)
    compared = models.BigIntegerField(db_default=0, help_text="with forgotten payments up to this id (recognize.py)")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "charge"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payer", "period"], condition=Q(trigger="monthly") & ~Q(state="withdrawn"), name="charge_month_once"
            ),
            models.UniqueConstraint(fields=["biller", "ref"], condition=~Q(ref=""), name="charge_ref_once"),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="charge_key_once"),
            models.UniqueConstraint(fields=["payer", "review"], condition=~Q(review=""), name="charge_review_once"),
            models.CheckConstraint(
                condition=Q(state__in=["due", "withdrawn"])
                | Q(key__gt="", minor__gt=0, method__isnull=False, agreement_version__isnull=False, sent_at__isnull=False),
                name="charge_sent_is_complete",
            ),
            models.CheckConstraint(condition=~Q(state="sending") | Q(lease_until__isnull=False), name="charge_sending_has_lease"),
            models.CheckConstraint(
                condition=~Q(state__in=["paid", "pending", "returned", "needs_payer"]) | ~Q(ref=""), name="charge_paid_has_ref"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["biller", "priority", "run_at", "id"], condition=Q(state="due"), name="charge_due"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="charge_lease"),
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="charge_look"),
            models.Index(fields=["settled_at"], condition=Q(state="returned"), name="charge_returned_at"),
            models.Index(fields=["payer", "-id"], name="charge_of_payer"),
            models.Index(fields=["chosen_method"], condition=Q(chosen_method__isnull=False), name="charge_by_choice"),
            models.Index(fields=["payer", "-settled_at"], condition=Q(state="paid"), name="charge_paid_of_payer"),
            models.Index(fields=["biller", "debt"], name="charge_of_debt"),
            models.Index(
                fields=["biller", "settled_at", "id"], condition=Q(state__in=["failed", "returned"]), name="charge_ended_badly"
            ),
            models.Index(
                fields=["biller", "id"],
                condition=Q(state__in=["sending", "needs_payer", "unknown", "pending"]),
                name="charge_in_flight",
            ),
            models.Index(
                fields=["biller", "payer"], condition=Q(state__in=["failed", "returned"]), name="charge_failed_of_payer"
            ),
            models.Index(
                fields=["biller", "settled_at"],
                include=["id", "state", "trigger", "minor"],
                condition=Q(settled_at__isnull=False),
                name="charge_settled_when",
            ),
        ]


class ChargePart(models.Model):
    """What a charge takes for one invoice: at most one live part per invoice, over every way to pay (design 4.1)."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    charge = models.ForeignKey(Charge, models.CASCADE, related_name="parts", db_index=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="parts")
    minor = models.BigIntegerField(null=True, help_text="set at the claim")
    live = models.BooleanField(db_default=True, help_text="follows the charge's state, by trigger")

    class Meta:
        db_table = "charge_part"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["invoice"], condition=Q(live=True), name="part_live_once"),
            models.UniqueConstraint(fields=["charge", "invoice"], name="part_once"),
            models.CheckConstraint(condition=Q(minor__isnull=True) | Q(minor__gt=0), name="part_above_zero"),
        ]


class Refund(models.Model):
    """Money sent back, in full or in part, to the method it came from (V37). Lives like a charge: row, commit, call, settle."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    charge = models.ForeignKey(Charge, models.PROTECT, related_name="refunds")
    invoice = models.ForeignKey(Invoice, models.PROTECT)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    minor = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=[(s, s) for s in RefundState], db_default=RefundState.DUE)
    note = models.CharField(max_length=200, db_default="")
    requested_by = models.CharField(max_length=80)
    attempt = models.IntegerField(db_default=1)
    key = models.CharField(max_length=64, db_default="")
    ref = models.CharField(max_length=80, db_default="")
    reason = models.CharField(max_length=24, db_default="")
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    looks = models.IntegerField(db_default=0)
    run_at = models.DateTimeField(db_default=Now())
    compared = models.BigIntegerField(db_default=0, help_text="as of a charge")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "refund"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(minor__gt=0), name="refund_above_zero"),
            models.CheckConstraint(
                condition=Q(state="due") | Q(key__gt="", sent_at__isnull=False), name="refund_sent_is_complete"
            ),
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="refund_key_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["run_at", "id"], condition=Q(state="due"), name="refund_due"),
            models.Index(fields=["look_at"], condition=Q(state__in=["sending", "unknown"]), name="refund_look"),
            models.Index(fields=["biller", "id"], condition=Q(state="unknown"), name="refund_unknown"),
        ]


class Dispute(models.Model):
    """A cardholder's dispute; it can be won back."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    charge = models.ForeignKey(Charge, models.PROTECT)
    ref = models.CharField(max_length=80)
    minor = models.BigIntegerField()
    state = models.CharField(max_length=20)
    opened_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "dispute"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "ref"], name="dispute_once")]


class UnmatchedReceipt(models.Model):
    """Money the processor shows and our books contradict: it blocks the invoice until a person has looked (design 3)."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    charge = models.ForeignKey(Charge, models.PROTECT, null=True)
    ref = models.CharField(max_length=80)
    kind = models.CharField(max_length=20)
    minor = models.BigIntegerField()
    seen_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "unmatched_receipt"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "ref", "kind"], name="unmatched_once")]


class Forgotten(models.Model):
    """A payment or refund the processor made for us that restored books do not know. Written while nothing is sent (restored.py).

    Until it is booked, no charge of its biller is sent that was not compared with it (recognize.py).
    """

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    kind = models.CharField(max_length=10, help_text="payment or refund")
    state = models.CharField(max_length=10, help_text="done, pending or failed, at the processor when it was read")
    ref = models.CharField(max_length=80)
    payment = models.CharField(max_length=80, help_text="the payment it is, or that it refunds")
    mark = models.CharField(max_length=80, help_text="of the key it was made with, as the adapter makes it")
    charge_uid = models.CharField(
        max_length=80, db_default="", help_text="the charge we named with it; it may be gone from the books"
    )
    minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField()
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, help_text="the due one that it turned out to be")
    resolved_at = models.DateTimeField(null=True, help_text="since then a charge or refund of ours carries its reference")

    class Meta:
        db_table = "forgotten_payment"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "kind", "ref"], name="forgotten_once")]
        indexes: ClassVar = [
            models.Index(fields=["biller", "id"], condition=Q(resolved_at__isnull=True), name="forgotten_open"),
        ]
