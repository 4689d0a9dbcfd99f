"""What is owed, to whom, for what, and since when."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ExtractMonth, ExtractYear, Now

from autopay.ordered_uuid import OrderedUUID
from autopay.parties.models import Biller, Payer


class Product(models.Model):
    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    uid = models.UUIDField(unique=True, db_default=RandomUUID())
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)

    class Meta:
        db_table = "product"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "code"], name="product_code")]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """Per unit and month, in minor units, from a local date on. SOW stands before MSA, MSA before Data Sheet (A50).

    Rows are never rewritten, only closed. Two of one source never overlap (constraint `price_never_overlaps`, in SQL); one that is
    replaced before it began ends on the day it begins.
    """

    class Source(models.TextChoices):
        DATA_SHEET = "data_sheet", "Data Sheet"
        MSA = "msa", "MSA"
        SOW = "sow", "SOW"

    biller = models.ForeignKey(Biller, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT)
    payer = models.ForeignKey(Payer, models.PROTECT, null=True, help_text="negotiated for this account; empty on a Data Sheet")
    source = models.CharField(max_length=10, choices=Source.choices)
    minor = models.BigIntegerField()
    since = models.DateField()
    until = models.DateField(null=True, help_text="first local date on which it no longer holds")
    document = models.CharField(max_length=200, db_default="", help_text="title or address of the sheet or contract")

    class Meta:
        db_table = "price"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(minor__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(source="data_sheet", payer__isnull=True) | Q(~Q(source="data_sheet"), payer__isnull=False),
                name="price_payer",
            ),
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="price_until"),
        ]
        indexes: ClassVar = [models.Index(fields=["product", "payer", "source", "since"], name="price_by_source")]


class Selection(models.Model):
    """A product an account uses, from the bill after `since` until the bill before `until`."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.ForeignKey(Payer, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.IntegerField(db_default=1)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        db_table = "selection"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="selection_quantity"),
            models.UniqueConstraint(fields=["payer", "product"], condition=Q(until__isnull=True), name="selection_open_once"),
        ]


class Visit(models.Model):
    """A completed visit and the patient's share of it, in minor units."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False, db_constraint=False)
    payer = models.ForeignKey(Payer, models.PROTECT, db_index=False, db_constraint=False)
    uid = models.UUIDField(unique=True, db_default=OrderedUUID())
    on = models.DateField(help_text="local date of the visit")
    minor = models.BigIntegerField()
    source = models.CharField(max_length=120, db_default="autopay")
    external_id = models.CharField(max_length=255)
    completed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "visit"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "source", "external_id"], name="visit_source"),
            models.CheckConstraint(condition=Q(minor__gte=0), name="visit_not_negative"),
        ]
        indexes: ClassVar = [models.Index(fields=["payer", "-on"], name="visit_of_payer")]


class Invoice(models.Model):
    """All amounts in minor units of `currency`. What is open: total - captured + returned - elsewhere; refunds do not reopen it."""

    class Kind(models.TextChoices):
        VISIT = "visit", "Visit"
        MONTHLY = "monthly", "Monthly"

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False, db_constraint=False)
    payer = models.ForeignKey(Payer, models.PROTECT, db_index=False, db_constraint=False)
    uid = models.UUIDField(unique=True, db_default=OrderedUUID())
    number = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    visit = models.OneToOneField(Visit, models.PROTECT, null=True)
    period = models.DateField(null=True, help_text="monthly: the bill day it is for")
    issued_on = models.DateField()
    due_on = models.DateField(help_text="monthly: also the day auto-pay charges it")
    issued_at = models.DateTimeField()
    total = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    captured = models.BigIntegerField(db_default=0)
    returned = models.BigIntegerField(db_default=0)
    refunded = models.BigIntegerField(db_default=0)
    elsewhere = models.BigIntegerField(db_default=0)
    voided_at = models.DateTimeField(null=True)
    blocked = models.CharField(max_length=80, db_default="", help_text="why a person must look before anybody pays")
    why = models.CharField(max_length=24, db_default="", help_text="charging.charge.Why: what auto-pay last decided")
    why_until = models.DateField(null=True, help_text="held until this local date")
    approved_minor = models.BigIntegerField(null=True, help_text="above the cap, approved by the payer up to this")
    noticed_on = models.DateField(null=True, help_text="local date on which a held charge was announced")
    debt = models.CharField(
        max_length=300, help_text="what is owed, named so that it survives a restore; charge keys are made from it"
    )

    class Meta:
        db_table = "invoice"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "number"], name="invoice_number"),
            models.UniqueConstraint(fields=["biller", "debt"], name="invoice_debt_once"),
            models.UniqueConstraint(
                F("payer"), ExtractYear("period"), ExtractMonth("period"), condition=Q(kind="monthly"), name="invoice_month_once"
            ),
            models.CheckConstraint(condition=Q(total__gte=0), name="invoice_total"),
            models.CheckConstraint(
                condition=Q(captured__gte=0, returned__gte=0, refunded__gte=0, elsewhere__gte=0), name="invoice_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(total__gte=F("captured") - F("returned") + F("elsewhere")), name="invoice_never_over_paid"
            ),
            models.CheckConstraint(condition=Q(captured__gte=F("returned") + F("refunded")), name="invoice_never_over_refunded"),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | Q(captured=F("returned") + F("refunded"), elsewhere=0),
                name="invoice_void_holds_no_money",
            ),
            models.CheckConstraint(
                condition=Q(kind="visit", visit__isnull=False, period__isnull=True)
                | Q(kind="monthly", visit__isnull=True, period__isnull=False),
                name="invoice_kind",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["payer", "number"],
                condition=Q(voided_at__isnull=True, total__gt=F("captured") - F("returned") + F("elsewhere")),
                name="invoice_open",
            ),
            models.Index(
                fields=["biller", "issued_on"],
                include=["total", "captured", "returned", "elsewhere", "why", "blocked"],
                condition=Q(voided_at__isnull=True, total__gt=F("captured") - F("returned") + F("elsewhere")),
                name="invoice_open_by_day",
            ),
            models.Index(fields=["payer", "-number"], name="invoice_of_payer"),
            models.Index(
                fields=["biller", "-number"],
                condition=Q(voided_at__isnull=True, total__gt=F("captured") - F("returned") + F("elsewhere")),
                name="invoice_open_by_number",
            ),
            models.Index(fields=["biller", "id"], condition=~Q(blocked=""), name="invoice_blocked"),
            models.Index(
                fields=["biller", "due_on", "payer"],
                condition=Q(kind="monthly", voided_at__isnull=True, total__gt=F("captured") - F("returned") + F("elsewhere")),
                name="invoice_open_monthly",
            ),
        ]

    @property
    def open(self) -> int:
        """Still to pay, in minor units."""
        return 0 if self.voided_at else self.total - self.captured + self.returned - self.elsewhere


class InvoiceLine(models.Model):
    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, null=True)
    text = models.CharField(max_length=200)
    quantity = models.IntegerField(db_default=1)
    unit_minor = models.BigIntegerField()
    minor = models.BigIntegerField()
    price_source = models.CharField(max_length=10, db_default="", choices=Price.Source.choices)

    class Meta:
        db_table = "invoice_line"
        constraints: ClassVar = [models.CheckConstraint(condition=Q(minor=F("quantity") * F("unit_minor")), name="line_adds_up")]


class AnchorDay(models.Model):
    """An account's own bill day from the first of a month on; before its first row, the one it was opened with (billing/bill_day.py).

    A month that has begun takes no new one (trigger `anchor_day_is_ahead`).
    """

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    payer = models.ForeignKey(Payer, models.PROTECT, db_index=False)
    day = models.SmallIntegerField()
    since = models.DateField(help_text="first of a month, local date")

    class Meta:
        db_table = "anchor_day"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["payer", "since"], name="anchor_day_once"),
            models.CheckConstraint(condition=Q(day__range=(1, 31)), name="anchor_day_range"),
            models.CheckConstraint(condition=Q(since__day=1), name="anchor_day_first_of_month"),
        ]


class InvoiceCounter(models.Model):
    """The next invoice number of a biller; apart from the biller, so that numbering locks nothing else."""

    biller = models.OneToOneField(Biller, models.PROTECT, primary_key=True)
    next = models.BigIntegerField(db_default=1001)

    class Meta:
        db_table = "invoice_counter"


class Elsewhere(models.Model):
    """A payment made elsewhere: check, wire, phone, cash (V38, A62)."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments_elsewhere")
    minor = models.BigIntegerField()
    how = models.CharField(max_length=20)
    received_on = models.DateField()
    source = models.CharField(max_length=120, db_default="autopay")
    external_id = models.CharField(max_length=255)
    reference = models.CharField(max_length=80, db_default="", help_text="the number of a check or a wire, as people call it")

    class Meta:
        db_table = "elsewhere"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(minor=0), name="elsewhere_not_zero"),
            models.UniqueConstraint(fields=["biller", "source", "external_id"], name="elsewhere_source"),
        ]


class Balance(models.Model):
    """Amount due and account balance as of their last nightly refresh: display only, never what is charged (A52)."""

    biller = models.ForeignKey(Biller, models.PROTECT)
    payer = models.OneToOneField(Payer, models.CASCADE, primary_key=True)
    due_minor = models.BigIntegerField(db_default=0, help_text="amount due: what was open")
    minor = models.BigIntegerField(help_text="account balance: the same, before online payments of the last bank days")
    as_of = models.DateTimeField()

    class Meta:
        db_table = "balance"


class Night(models.Model):
    """The nightly work of one biller for one local date: made once, caught up in order, done whatever the hour (design 4.13)."""

    biller = models.ForeignKey(Biller, models.PROTECT, db_index=False)
    on = models.DateField()
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        db_table = "night"
        constraints: ClassVar = [models.UniqueConstraint(fields=["biller", "on"], name="night_once")]
