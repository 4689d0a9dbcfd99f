"""What was compared and what differs, for those who read it: the command line, the doctor, the office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from autopay.database import Database, Tx
from autopay.reconciliation.difference import NEXT, Step

# Sums of the days that were compared; what one side books a day later is in both sums once both days are in.
COMPARED = """
    select count(*) as days, coalesce(sum(compared), 0)::bigint as compared, coalesce(sum(payouts), 0)::bigint as payouts,
           {sums}, coalesce(bool_and((sums->>'fees_checked')::boolean), false) as fees_checked,
           coalesce(bool_and((sums->>'payouts_checked')::boolean), false) as payouts_checked
    from reconciliation where biller_id = %(biller)s and "on" between %(first)s and %(last)s and done_at is not null
"""
SUMS = (
    "captured_ours",
    "captured_theirs",
    "refunded_ours",
    "refunded_theirs",
    "returned_ours",
    "returned_theirs",
    "fees",
    "paid_out",
)
OPEN = """
    select d.id, d."on", d.kind, d.about, d.ref, d.ours, d.theirs, d.currency, d.next_step, i.number as invoice, d.found_at
    from difference d left join invoice i on i.id = d.invoice_id
    where d.biller_id = %(biller)s and d.resolved_at is null order by d.id limit %(limit)s offset %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """Minor units of the biller's currency. `paid_out` is the sum of `payouts` payouts."""

    days: int
    compared: int
    payouts: int
    captured_ours: int
    captured_theirs: int
    refunded_ours: int
    refunded_theirs: int
    returned_ours: int
    returned_theirs: int
    fees: int
    paid_out: int
    fees_checked: bool
    payouts_checked: bool


@dataclass(frozen=True, slots=True)
class Open:
    """`invoice` is the number people know; amounts in minor units of `currency`, None where a side has nothing."""

    id: int
    on: date
    kind: str
    about: str
    ref: str
    ours: int | None
    theirs: int | None
    currency: str
    next_step: str
    invoice: int | None
    found_at: datetime

    @property
    def what_to_do(self) -> str:
        return NEXT[Step(self.next_step)]


def compared(db: Database, biller: int, first: date, last: date) -> Compared:
    sums = ", ".join(f"coalesce(sum((sums->>'{name}')::bigint), 0)::bigint as {name}" for name in SUMS)
    with db.transaction(biller) as tx:
        found = tx.all(Compared, COMPARED.format(sums=sums), biller=biller, first=first, last=last)
    return found[0]


def open_differences(tx: Tx, biller: int, limit: int | None = None, offset: int = 0) -> list[Open]:
    """The oldest first."""
    return tx.all(Open, OPEN, biller=biller, limit=limit, offset=offset)
