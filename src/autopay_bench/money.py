"""Is the money right? Without that no figure counts: invoices paid = ledger = the payment company's book, and nobody was charged twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg

BOOKS = """
    select (select count(*) from charge where state = 'paid') as paid,
           (select count(*) from charge where state in ('due', 'sending', 'unknown')) as open,
           (select coalesce(sum(minor), 0)::bigint from charge where state = 'paid') as charged,
           (select coalesce(sum(captured), 0)::bigint from invoice) as captured,
           (select coalesce(sum(minor), 0)::bigint from ledger_transfer where kind = 'captured') as ledger,
           (select count(*) from ledger_transfer where kind = 'captured') as transfers,
           (select count(*) from journal_entry where action = 'charge paid') as noted
"""


def wrong_money(admin: str, told: Mapping[str, Any], expected: int, before: Mapping[str, int] | None = None) -> list[str]:
    """What does not agree, in words. `told` is the payment company's; `before` what stood in our books when all of `expected` were due."""
    ours = books(admin)
    if before:
        ours = {name: number - before[name] for name, number in ours.items()} | {"open": ours["open"] - before["open"] + expected}
    found = []
    if ours["open"]:
        found.append(f"{ours['open']} charges are still open")
    if ours["paid"] != expected or told["payments"] != expected:
        found.append(f"{expected} were due, {ours['paid']} are paid, the payment company has {told['payments']}")
    if told["charged_twice"]:
        found.append(f"{told['charged_twice']} charges were captured twice")
    if len({ours["charged"], ours["captured"], ours["ledger"], told["minor"]}) > 1:
        found.append(
            f"charges {ours['charged']}, invoices {ours['captured']}, ledger {ours['ledger']}, payment company {told['minor']}"
        )
    if ours["noted"] != ours["paid"]:
        found.append(f"{ours['paid']} paid, {ours['noted']} in the journal")
    return found


def books(admin: str) -> dict[str, int]:
    with psycopg.connect(admin, row_factory=psycopg.rows.dict_row) as server:
        row = server.execute(BOOKS).fetchone()
    assert row is not None
    return row
