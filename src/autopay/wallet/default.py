"""Which saved method auto-pay uses, and taking one out of the wallet (V20, V31). Neither charges anything (V32)."""

from __future__ import annotations

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal


def set_default(db: Database, biller: int, method: int, by: By) -> None:
    with db.transaction(biller) as tx:
        make_default(tx, biller, method, by)


def make_default(tx: Tx, biller: int, method: int, by: By) -> None:
    """Inside a transaction of the caller's. Locks the payer's methods by id; the claim holds the same rows."""
    payer = tx.value("select payer_id from method where id = %(id)s", id=method)
    tx.run("select id from method where payer_id = %(payer)s order by id for update", payer=payer)
    if not tx.value("select id from method where id = %(id)s and state = 'usable' and not once", id=method):
        raise Refusal("method_gone", "This card or bank account cannot be used. Please choose another one.")
    was = tx.value("select id from method where payer_id = %(payer)s and is_default", payer=payer)
    if was == method:
        return
    tx.run("update method set is_default = false where payer_id = %(payer)s and is_default", payer=payer)
    tx.run("update method set is_default = true where id = %(id)s", id=method)
    note(tx, biller, by, "default method set", ("payer", payer), was=was, now=method)


def remove(db: Database, biller: int, method: int, by: By) -> None:
    """Removing the default leaves none until one is set."""
    with db.transaction(biller) as tx:
        take_out(tx, biller, method, by)


def take_out(tx: Tx, biller: int, method: int, by: By) -> None:
    """Inside a transaction of the caller's: out of the wallet at once; the processor is told by the sweeper."""
    payer = tx.value("select payer_id from method where id = %(id)s for update", id=method)
    gone = tx.run(
        "update method set state = 'detached', is_default = false, retry_at = now() where id = %(id)s and state = 'usable'",
        id=method,
    )
    if payer is None or not gone:
        raise Refusal("method_gone", "This card or bank account is not saved any more.")
    note(tx, biller, by, "method removed", ("payer", payer), method=method)
