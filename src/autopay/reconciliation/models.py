"""Their book as we read it, what differs from ours, the days that were compared, and the contract's fees."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from autopay.billing.models import Invoice
from autopay.charging.models import Charge, Refund
from autopay.parties.models import Biller
from autopay.processors.book import MovementKind
from autopay.reconciliation.difference import About, Kind, Step


class Booking(models.Model):
    """A line of the processor's book, copied. Minor units; above zero what comes to the biller. Texts are theirs, cut to fit."""

    class ToldBy(models.TextChoices):
        BOOK = "book", "The list of movements"
        PAYOUT = "payout", "A payout names it, the list did not"

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    booking = models.CharField(max_length=80, help_text="the processor's name for this line")
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in MovementKind])
    ref = models.CharField(max_length=80, help_text="the payment, refund or dispute")
    payment = models.CharField(max_length=80)
    at = models.DateTimeField(help_text="when it was booked")
    minor = models.BigIntegerField(help_text="as the payer sees it")
    currency = models.CharField(max_length=10)
    settled = models.BigIntegerField(help_text="in the account's currency, before the fee")
    settled_currency = models.CharField(max_length=10)
    fee = models.BigIntegerField()
    available = models.DateField(null=True, help_text="UTC date from which it is paid out")
    mark = models.CharField(max_length=80, db_default="", help_text="hash of the key it was sent with")
    charge_uid = models.UUIDField(null=True, help_text="what it carries as our reference")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, db_index=False)
    told_by = models.CharField(max_length=6, choices=ToldBy.choices, db_default="book")
    payout = models.CharField(max_length=80, db_default="")
    agreed = models.BooleanField(db_default=False, help_text="compared, and nothing is open about it")

    class Meta:
        db_table = "booking"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "booking"], name="booking_once")]
        indexes: ClassVar = [
            models.Index(fields=["biller", "at"], name="booking_by_day"),
            models.Index(fields=["biller", "payment"], name="booking_of_payment"),
            models.Index(fields=["charge"], condition=Q(charge__isnull=False), name="booking_of_charge"),
            models.Index(fields=["biller", "at"], condition=Q(agreed=False), name="booking_not_agreed"),
            models.Index(fields=["biller", "available"], condition=Q(payout=""), name="booking_not_paid_out"),
            models.Index(fields=["biller", "settled_currency", "available"], condition=~Q(payout=""), name="booking_paid_out"),
        ]


class Difference(models.Model):
    """Open until it is gone on a later run, or a person resolves it with a note. One of a kind about one thing is open at a time."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    on = models.DateField(help_text="the biller's local date that was compared when it was found")
    kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in Kind])
    about = models.CharField(max_length=8, choices=[(a.value, a.value) for a in About])
    ref = models.CharField(max_length=80)
    payment = models.CharField(max_length=80, help_text="the payment behind it, or the payout")
    charge = models.ForeignKey(Charge, models.PROTECT, null=True, db_index=False)
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, db_index=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, db_index=False)
    ours = models.BigIntegerField(null=True, help_text="minor units; null: we have nothing")
    theirs = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=10)
    next_step = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Step])
    found_at = models.DateTimeField(db_default=Now())
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(
        max_length=80, db_default="", help_text="an actor; 'reconciliation' when it was gone by itself"
    )
    note = models.CharField(max_length=500, db_default="")

    class Meta:
        db_table = "difference"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["biller", "kind", "about", "ref"], condition=Q(resolved_at__isnull=True), name="difference_open_once"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by="")
                | Q(resolved_at__isnull=False, resolved_by__gt="", note__gt=""),
                name="difference_resolved_says_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["biller", "id"], condition=Q(resolved_at__isnull=True), name="difference_open"),
            models.Index(fields=["biller", "ref"], name="difference_of_ref"),
            models.Index(fields=["charge"], condition=Q(charge__isnull=False), name="difference_of_charge"),
            models.Index(fields=["refund"], condition=Q(refund__isnull=False), name="difference_of_refund"),
            models.Index(fields=["invoice"], condition=Q(invoice__isnull=False), name="difference_of_invoice"),
        ]


class Reconciliation(models.Model):
    """A local date of a biller, compared or still to be: done only once their book was read to its end."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    on = models.DateField()
    started_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, help_text="machine time; nobody else begins it before")
    done_at = models.DateTimeField(null=True)
    tries = models.IntegerField(db_default=0)
    why = models.CharField(max_length=200, db_default="", help_text="why the last try did not end")
    compared = models.IntegerField(db_default=0, help_text="payments")
    found = models.IntegerField(db_default=0, help_text="new differences")
    closed = models.IntegerField(db_default=0, help_text="differences that were gone")
    payouts = models.IntegerField(db_default=0)
    sums = models.JSONField(db_default={}, help_text="what both sides booked that day, in minor units")

    class Meta:
        db_table = "reconciliation"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "on"], name="reconciliation_once")]
        indexes: ClassVar = [models.Index(fields=["on"], condition=Q(done_at__isnull=True), name="reconciliation_open")]


class FeeRates(models.Model):
    """What the biller's contract says a payment costs, from a local date on. Never rewritten: another contract is another row."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    since = models.DateField()
    currency = models.CharField(max_length=3)
    card_points = models.IntegerField(help_text="basis points of the amount")
    card_fixed = models.BigIntegerField(help_text="minor units")
    bank_points = models.IntegerField()
    bank_fixed = models.BigIntegerField()
    bank_cap = models.BigIntegerField(null=True, help_text="a debit costs no more")
    dispute_fixed = models.BigIntegerField()

    class Meta:
        db_table = "fee_rates"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "since"], name="fee_rates_since"),
            models.CheckConstraint(
                condition=Q(card_points__range=(0, 10_000), bank_points__range=(0, 10_000))
                & Q(card_fixed__gte=0, bank_fixed__gte=0, dispute_fixed__gte=0),
                name="fee_rates_are_possible",
            ),
        ]
