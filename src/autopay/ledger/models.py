"""Double entry, one row per transfer: debit one account, credit another, an amount above zero (design 4.7)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Book(models.TextChoices):
    """The accounts of each biller's books."""

    RECEIVABLE = "receivable", "Owed by payers"
    REVENUE = "revenue", "Invoiced"
    PROCESSOR = "processor", "Held by the processor"
    ELSEWHERE = "elsewhere", "Received outside: checks, cash, wires"
    REFUNDED = "refunded", "Sent back to payers"
    UNMATCHED = "unmatched", "Money nobody can explain yet"


class Transfer(models.Model):
    biller = models.ForeignKey("parties.Biller", models.PROTECT, db_constraint=False, db_index=False)
    debit = models.CharField(max_length=12, choices=Book.choices)
    credit = models.CharField(max_length=12, choices=Book.choices)
    minor = models.BigIntegerField(help_text="minor units, above zero")
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=20, help_text="issued, captured, returned, refunded, elsewhere, voided, unmatched")
    source = models.CharField(max_length=60, help_text="what it books, such as charge_part:7; with kind unique")
    payer_id = models.BigIntegerField(null=True)
    invoice_id = models.BigIntegerField(null=True)
    on = models.DateField(help_text="the biller's local date")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_transfer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["biller", "source", "kind"], name="transfer_once"),
            models.CheckConstraint(condition=models.Q(minor__gt=0), name="transfer_above_zero"),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="transfer_two_accounts"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["biller", "kind", "on"], include=["minor", "invoice_id"], name="transfer_by_day"),
            models.Index(fields=["invoice_id"], name="transfer_of_invoice"),
        ]
