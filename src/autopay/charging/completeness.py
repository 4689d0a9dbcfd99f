"""The proof of a day: due = charged + on its way + held + refused, each invoice in exactly one class with its reason.

Two sources that do not know each other are compared: the invoices that fell due, and the ledger's captures for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from autopay.database import Database, Tx

DUE_THAT_DAY = """
    select i.id as invoice, i.number, i.total as minor, i.currency, i.why, i.voided_at is not null as voided,
           i.total - i.captured + i.returned - i.elsewhere as open,
           last.state, last.trigger, last.reason, coalesce(booked.minor, 0)::bigint as booked, i.captured
    from invoice i
    left join lateral (
        select c.state, c.trigger, c.reason from charge_part p join charge c on c.id = p.charge_id
        where p.invoice_id = i.id order by c.id desc limit 1) last on true
    left join lateral (
        select sum(t.minor) as minor from ledger_transfer t where t.invoice_id = i.id and t.kind = 'captured') booked on true
    where i.biller_id = %(biller)s
      and ((i.kind = 'visit' and i.issued_on = %(on)s) or (i.kind = 'monthly' and i.due_on = %(on)s))
    order by i.number
"""
ON_ITS_WAY = {"sending", "pending", "unknown", "needs_payer"}
HOLDING = {"notice_first", "over_cap", "being_verified", "blocked"}


@dataclass(frozen=True, slots=True)
class Item:
    """One invoice that fell due that day, in minor units, and what became of it."""

    invoice: int
    number: int
    minor: int
    currency: str
    why: str
    voided: bool
    open: int
    state: str | None
    trigger: str | None
    reason: str | None
    booked: int
    captured: int

    @property
    def verdict(self) -> tuple[str, str]:
        """(class, reason). 'unexplained' is the alarm: due, and nobody can say why nothing happened."""
        if self.booked != self.captured:
            return "unexplained", "the ledger does not agree"
        if self.voided:
            return "refused", "voided"
        if self.open == 0:
            return "charged", "paid elsewhere" if self.captured == 0 else "paid"
        if self.state in ON_ITS_WAY:
            return "on its way", str(self.state)
        if self.state == "due":
            return "held", self.why or "waits for the worker"
        if self.state in ("failed", "returned", "withdrawn"):
            return "refused", self.reason or str(self.state)
        if self.why in HOLDING:
            return "held", self.why
        return ("refused", self.why) if self.why else ("unexplained", "no decision was stored")


@dataclass(frozen=True, slots=True)
class Sum:
    verdict: str
    reason: str
    count: int
    minor: int


@dataclass(frozen=True, slots=True)
class Proof:
    """`complete` only if the classes add up to what was due and nothing is unexplained."""

    on: date
    due_count: int
    due_minor: int
    sums: list[Sum]

    @property
    def complete(self) -> bool:
        adds_up = (
            sum(each.minor for each in self.sums) == self.due_minor and sum(each.count for each in self.sums) == self.due_count
        )
        return adds_up and not any(each.verdict == "unexplained" for each in self.sums)


def prove(db: Database, biller: int, on: date) -> Proof:
    """The proof for one biller and local date."""
    with db.transaction(biller) as tx:
        return prove_in(tx, biller, on)[0]


def prove_in(tx: Tx, biller: int, on: date) -> tuple[Proof, list[Item]]:
    """The proof with the invoices behind it, inside a transaction of the caller's."""
    count, minor = _due(tx.all(dict, COUNTED, biller=biller, on=on))
    items = tx.all(Item, DUE_THAT_DAY, biller=biller, on=on)
    return Proof(on, count, minor, summed(items)), items


COUNTED = """
    select count(*) as count, coalesce(sum(total), 0)::bigint as minor from invoice
    where biller_id = %(biller)s and ((kind = 'visit' and issued_on = %(on)s) or (kind = 'monthly' and due_on = %(on)s))
"""


def _due(rows: list[dict[str, int]]) -> tuple[int, int]:
    return rows[0]["count"], rows[0]["minor"]


def summed(items: Iterable[Item]) -> list[Sum]:
    classes: dict[tuple[str, str], list[int]] = {}
    for item in items:
        classes.setdefault(item.verdict, []).append(item.minor)
    return [Sum(verdict, reason, len(minors), sum(minors)) for (verdict, reason), minors in sorted(classes.items())]
