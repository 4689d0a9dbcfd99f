"""Payers as a biller's staff find them: by name, email or identifier, by how they stand and by what is open (A60, V20)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404

from autopay.charging.charge import IN_FLIGHT
from autopay.charging.completeness import HOLDING
from autopay.charging.obstacle import JOINS, STANDS, UNABLE
from autopay.database import Tx
from autopay.parties.create import sort_key
from autopay.surfaces.shared.biller import BILLER, Biller
from autopay.surfaces.shared.invoices import OPEN
from autopay.surfaces.shared.pages import PAGE
from autopay.surfaces.shared.standing import Standing, standings

LAST_FAILED = """coalesce((
    select c.state in ('failed', 'returned') from charge_part q join charge c on c.id = q.charge_id
    where q.invoice_id = i.id and c.state <> 'withdrawn' order by c.id desc limit 1), false)"""
HELD = f"""(i.blocked <> '' or (i.why in ('{"', '".join(sorted(HOLDING))}') and not {LAST_FAILED})) and not exists (
    select from charge_part p join charge c on c.id = p.charge_id where p.invoice_id = i.id and p.live and c.state <> 'due')"""
MOVING = f"""exists (select from charge_part p join charge c on c.id = p.charge_id
    where p.invoice_id = i.id and p.live and c.state in ('{"', '".join(sorted(IN_FLIGHT))}'))"""
EVER_FAILED = "and exists (select from charge f where f.payer_id = p.id and f.state in ('failed', 'returned'))"
"""By an index of its own, so that the open invoices of others are not looked at."""
BALANCES = {
    "open": f"(select true from invoice i where i.payer_id = p.id and {OPEN} limit 1)",
    "failed": f"(select true from invoice i where i.payer_id = p.id and {OPEN} and {LAST_FAILED} limit 1)",
    "held": f"(select true from invoice i where i.payer_id = p.id and {OPEN} and {HELD} limit 1)",
}
"""Questions of one row each, asked in the order of the list until the page is full, and of those only who stand as wanted."""
FIND = """
    select p.id from (
        select p.id, p.sort_key from payer p where p.kind = %(kind)s {text} {after} {ever} order by p.sort_key, p.id offset 0) p {joins}
    where case when {stands} then {balance} end
    order by p.sort_key, p.id limit %(limit)s
"""
TEXT = "and p.searched like %(like)s"
AFTER = "and (p.sort_key, p.id) > (select l.sort_key, l.id from payer l where l.uid = %(after)s)"
COUNTED = 200
"""A list is counted up to here; beyond it there are more, and nobody waits for how many."""
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
    """One page of what matches, each with how it stands. `total` of all pages, counted up to COUNTED; `beyond`: there are more than that."""

    listed: list[tuple[Row, Standing]]
    total: int
    beyond: bool
    page: int

    @property
    def onward(self) -> str:
        """The payer after whom the next list begins, where this page is the last of those that are counted."""
        return str(self.listed[-1][0].uid) if self.beyond and self.page * PAGE >= self.total and self.listed else ""


@dataclass(frozen=True, slots=True)
class Search:
    """`kind` account or patient; `balance` open, failed, held or empty; `autopay` on, stuck, off, follow or empty (charging/obstacle.py).
    `after`: begin behind this payer."""

    kind: str
    text: str
    balance: str = ""
    autopay: str = ""
    after: UUID | None = None


def find_payer(tx: Tx, uid: UUID) -> Payer:
    """Of this biller; row-level security hides everybody else's."""
    found = tx.one(Payer, f"{PAYER} where uid = %(uid)s", uid=uid)
    if found is None:
        raise Http404
    return found


def payer_and_biller(tx: Tx, payer: int) -> tuple[Payer, Biller]:
    """Both in one statement."""
    row = tx.record(
        f"select to_jsonb(p) as payer, to_jsonb(b) as biller from ({PAYER} where id = %(payer)s) p, ({BILLER}) b", payer=payer
    )
    if row is None:
        raise Http404
    one, house = (json.loads(row[name]) if isinstance(row[name], str) else row[name] for name in ("payer", "biller"))
    return Payer(**one | {"uid": UUID(one["uid"])}), Biller(**house)


def found(tx: Tx, search: Search, page: int) -> Found:
    """Three statements, however many match and however large the biller is."""
    wanted = _plain(search.text)
    rare = search.balance == "failed"
    sql = FIND.format(
        joins=JOINS if search.autopay in STANDS else "",
        text=TEXT if wanted else "",
        stands=STANDS.get(search.autopay, "true"),
        balance=BALANCES.get(search.balance, "true"),
        ever=(EVER_FAILED if rare else "") + (UNABLE if rare and search.autopay == "stuck" else ""),
        after=AFTER if search.after else "",
    )
    ids = tx.column(sql, kind=search.kind, like=f"%{wanted}%", after=search.after, limit=COUNTED + 1)
    page = min(page, COUNTED // PAGE)
    shown = ids[:COUNTED][(page - 1) * PAGE : page * PAGE]
    stands = standings(tx, shown)
    listed = [(row, stands[row.id]) for row in rows(tx, shown)]
    return Found(listed, min(len(ids), COUNTED), len(ids) > COUNTED, page)


def any_at_all(tx: Tx, kind: str) -> bool:
    """By the list's own index: its first row, not whichever a scan meets."""
    sql = "select (select id from payer where kind = %(kind)s order by sort_key, id limit 1) is not null"
    return bool(tx.value(sql, kind=kind))


def rows(tx: Tx, ids: Sequence[int]) -> list[Row]:
    return tx.all(Row, ROWS, ids=list(ids))


def _plain(text: str) -> str:
    """As names are stored for sorting, with the wildcards of LIKE taken literally."""
    return sort_key(text.strip()).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
