"""Payers as a biller's staff find them: by name, email or identifier, by how they stand and by what is open (A60, V20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404

from autopay.charging.charge import IN_FLIGHT
from autopay.charging.completeness import HOLDING
from autopay.database import Tx
from autopay.parties.create import sort_key
from autopay.surfaces.shared.pages import PAGE
from autopay.surfaces.shared.standing import Standing, standings

OPEN = "i.voided_at is null and i.total > i.captured - i.returned + i.elsewhere"
LAST_FAILED = """exists (
    select from charge_part p join charge c on c.id = p.charge_id
    where p.invoice_id = i.id and c.state in ('failed', 'returned')
    and not exists (select from charge_part l join charge d on d.id = l.charge_id
                    where l.invoice_id = i.id and d.id > c.id and d.state <> 'withdrawn'))"""
HELD = f"""(i.why in ('{"', '".join(sorted(HOLDING))}') or i.blocked <> '') and not exists (
    select from charge_part p join charge c on c.id = p.charge_id where p.invoice_id = i.id and p.live and c.state <> 'due')"""
MOVING = f"""exists (select from charge_part p join charge c on c.id = p.charge_id
    where p.invoice_id = i.id and p.live and c.state in ('{"', '".join(sorted(IN_FLIGHT))}'))"""
BALANCES = {
    "open": f"and exists (select from invoice i where i.payer_id = payer.id and {OPEN})",
    "failed": f"and exists (select from invoice i where i.payer_id = payer.id and {OPEN} and {LAST_FAILED})",
    "held": f"and exists (select from invoice i where i.payer_id = payer.id and {OPEN} and {HELD})",
}
FIND = """
    select id from payer where kind = %(kind)s
       and (sort_key like %(like)s or lower(email) like %(like)s or lower(external_id) like %(like)s) {balance}
    order by sort_key, id
"""
ROWS = f"""
    select p.id, p.uid, p.name, p.email, p.external_id, coalesce(o.minor, 0) as open, coalesce(o.number, 0) as open_invoices,
           coalesce(o.failed, 0) as failed, coalesce(o.held, 0) as held, coalesce(o.moving, 0) as moving
    from payer p
    left join lateral (
        select sum(i.total - i.captured + i.returned - i.elsewhere)::bigint as minor, count(*) as number,
               count(*) filter (where {LAST_FAILED}) as failed, count(*) filter (where {HELD}) as held,
               count(*) filter (where {MOVING}) as moving
        from invoice i where i.payer_id = p.id and {OPEN}) o on true
    where p.id = any(%(ids)s::bigint[]) order by p.sort_key, p.id
"""
PAYER = "select id, uid, name, kind, email, phone, external_id from payer"


@dataclass(frozen=True, slots=True)
class Payer:
    id: int
    uid: UUID
    name: str
    kind: str
    email: str
    phone: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """A payer in a list: what is open in minor units, and how many of the open invoices failed, are held, are on their way."""

    id: int
    uid: UUID
    name: str
    email: str
    external_id: str
    open: int
    open_invoices: int
    failed: int
    held: int
    moving: int


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what matches, each with how it stands; `total` of all pages."""

    listed: list[tuple[Row, Standing]]
    total: int


@dataclass(frozen=True, slots=True)
class Search:
    """`kind` account or patient; `balance` open, failed, held or empty; `fits` asks the engine's decision, so it is not put into SQL."""

    kind: str
    text: str
    balance: str = ""
    fits: Callable[[Standing], bool] | None = None


def find_payer(tx: Tx, uid: UUID) -> Payer:
    """Of this biller; row-level security hides everybody else's."""
    found = tx.one(Payer, f"{PAYER} where uid = %(uid)s", uid=uid)
    if found is None:
        raise Http404
    return found


def found(tx: Tx, search: Search, page: int) -> Found:
    """Four statements at most, however many match."""
    sql = FIND.format(balance=BALANCES.get(search.balance, ""))
    ids = tx.column(sql, kind=search.kind, like=f"%{_plain(search.text)}%")
    if search.fits is not None:
        known = standings(tx, ids)
        ids = [each for each in ids if search.fits(known[each])]
    shown = ids[(page - 1) * PAGE : page * PAGE]
    stands = standings(tx, shown)
    return Found([(row, stands[row.id]) for row in rows(tx, shown)], len(ids))


def rows(tx: Tx, ids: Sequence[int]) -> list[Row]:
    return tx.all(Row, ROWS, ids=list(ids))


def _plain(text: str) -> str:
    """As names are stored for sorting, with the wildcards of LIKE taken literally."""
    return sort_key(text.strip()).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
