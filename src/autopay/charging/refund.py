"""Money sent back, in full or in part, to where it came from (V37). The verb writes a due refund; send_refunds.py does the rest."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.money import Money
from autopay.refusal import Refusal

LEFT = """
    select c.id as charge, least(
               i.captured - i.returned - i.refunded - coalesce((select sum(r.minor) from refund r
                   where r.invoice_id = i.id and r.state in ('due', 'sending', 'unknown')), 0),
               p.minor - coalesce((select sum(r.minor) from refund r
                   where r.charge_id = c.id and r.invoice_id = i.id and r.state <> 'failed'), 0))::bigint as left
    from charge_part p join charge c on c.id = p.charge_id join invoice i on i.id = p.invoice_id
    where p.invoice_id = %(invoice)s and c.state = 'paid' and p.minor is not null order by 2 desc, c.id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Refundable:
    """The charge a refund of this invoice would come from, and up to how many minor units; refunds under way count as refunded."""

    charge: int
    left: int


@dataclass(frozen=True, slots=True)
class RefundWish:
    """`minor` units of one invoice. `seen`: what the person's page said could be refunded, so that a second press is no second refund."""

    invoice: int
    minor: int
    note: str = ""
    seen: int | None = None


def refundable(tx: Tx, invoice: int) -> Refundable | None:
    found = tx.one(Refundable, LEFT, invoice=invoice)
    return found if found and found.left > 0 else None


def refund(db: Database, biller: int, wish: RefundWish, by: By) -> str:
    """Write the refund a person asked for; returns its public id. Raises Refusal above what can be refunded, or if the page is stale."""
    with db.transaction(biller) as tx:
        tx.run("select id from invoice where id = %(id)s for update", id=wish.invoice)
        able = refundable(tx, wish.invoice) or Refundable(0, 0)
        if wish.seen is not None and wish.seen != able.left:
            raise Refusal("changed", "Things changed since you opened this page. Nothing was sent. Please look again.")
        if not 0 < wish.minor <= able.left:
            raise Refusal("too_much", "You can refund up to %(amount)s.", amount=Money(able.left).decimal)
        made = (
            tx.record(
                """insert into refund (biller_id, charge_id, invoice_id, minor, note, requested_by, run_at)
               values (%(biller)s, %(charge)s, %(invoice)s, %(minor)s, %(note)s, %(actor)s, %(now)s) returning id, uid::text as uid""",
                biller=biller,
                charge=able.charge,
                invoice=wish.invoice,
                minor=wish.minor,
                note=wish.note,
                actor=by.actor,
                now=by.at,
            )
            or {}
        )
        note(tx, biller, by, "refund asked", ("refund", made["id"]), minor=wish.minor)
        tx.run("select pg_notify('charge_due', '')")
    return str(made["uid"])
