"""Write down the token that the processor's fields gave the browser: the first row of a method. Nothing is attached yet."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.processors.protocol import Kind
from autopay.refusal import Refusal

WRITE = """
    insert into method (biller_id, payer_id, state, kind, token, network, retry_at, once)
    values (%(biller)s, %(payer)s, 'offered', %(kind)s, %(token)s, %(network)s, now() + interval '60 seconds', %(once)s) returning id
"""


@dataclass(frozen=True, slots=True)
class Token:
    """`once`: typed for one payment, so the card goes again when that has ended, unless its payer says that it may stay (V7)."""

    kind: Kind
    token: str
    once: bool = False


def offer(db: Database, biller: int, payer: int, kind: Kind, token: str, by: By) -> int:
    """Into the wallet. The same token twice is one row."""
    return write_down(db, biller, payer, Token(kind, token), by)


def write_down(db: Database, biller: int, payer: int, token: Token, by: By) -> int:
    with db.transaction(biller) as tx:
        return _known(tx, biller, payer, token) or _write(tx, biller, payer, token, by)


def _known(tx: Tx, biller: int, payer: int, token: Token) -> int | None:
    known = tx.record(
        "select id, payer_id from method where biller_id = %(biller)s and token = %(token)s", biller=biller, token=token.token
    )
    if known and known["payer_id"] != payer:
        raise Refusal("method_gone", "This card or bank account cannot be used. Please type it again.")
    return int(known["id"]) if known else None


def _write(tx: Tx, biller: int, payer: int, token: Token, by: By) -> int:
    method: int = tx.value(
        WRITE, biller=biller, payer=payer, kind=token.kind.value, token=token.token, network=by.network, once=token.once
    )
    note(tx, biller, by, "method offered", ("payer", payer), method=method)
    return method
