"""Take due charges back before anybody sends them; refuse while one is in flight (V36)."""

from __future__ import annotations

from collections.abc import Sequence

from autopay.charging.charge import IN_FLIGHT, Why
from autopay.database import Tx
from autopay.refusal import Refusal, sentence

FLYING = "', '".join(sorted(IN_FLIGHT))
IN_FLIGHT_SAID = sentence("A payment of invoice %(number)s is on its way. Wait until it has ended, then look again.")
BLOCKED = sentence(
    "The payment company's books and ours differ about this bill. "
    "A person looks at it first: until then nobody can pay it, change it or take it back."
)


# A charge may take several invoices: those of the due charge are locked too, by id, or two who withdraw it would block each other.
LOCK = """select id from invoice where id = any(%(ids)s::bigint[]) or id in (
        select p.invoice_id from charge_part p join charge_part mine on mine.charge_id = p.charge_id
        where mine.live and mine.invoice_id = any(%(ids)s::bigint[]))
    order by id for update"""


def lock(tx: Tx, invoices: Sequence[int]) -> None:
    """These invoices and those that share a due charge with them: from here on nobody claims, withdraws or settles for them."""
    tx.run(LOCK, ids=list(invoices))


def free(tx: Tx, invoices: Sequence[int], why: Why) -> int:
    """Lock the invoices, then withdraw their due charges; returns how many.

    Raises Refusal while money may be on its way for one, or while a person must look at one first.
    """
    lock(tx, invoices)
    if tx.value("select id from invoice where id = any(%(ids)s::bigint[]) and blocked <> '' limit 1", ids=list(invoices)):
        raise Refusal(Why.BLOCKED, BLOCKED)
    flying = tx.value(
        f"""select i.number from charge_part p join charge c on c.id = p.charge_id join invoice i on i.id = p.invoice_id
            where p.invoice_id = any(%(ids)s::bigint[]) and p.live and (c.state in ('{FLYING}') or c.ref <> '') limit 1""",
        ids=list(invoices),
    )
    if flying:
        raise Refusal("in_flight", IN_FLIGHT_SAID, number=flying)
    return withdraw_due(
        tx, "select charge_id from charge_part where live and invoice_id = any(%(ids)s::bigint[])", why, ids=list(invoices)
    )


def withdraw_due(tx: Tx, which: str, why: Why, **params: object) -> int:
    """Withdraw the due charges that the query `which` names; locks their invoices, then them, each by id.

    One that carries a payment's reference already was made, and restored books forgot it: it is not withdrawn (known.py).
    """
    tx.run(
        f"""select i.id from invoice i join charge_part p on p.invoice_id = i.id join charge c on c.id = p.charge_id
            where c.id in ({which}) and c.state = 'due' order by i.id for update of i""",
        **params,
    )
    tx.run(f"select id from charge where id in ({which}) and state = 'due' and ref = '' order by id for update", **params)
    return tx.run(
        f"update charge set state = 'withdrawn', reason = %(why)s where id in ({which}) and state = 'due' and ref = ''",
        why=why,
        **params,
    )
