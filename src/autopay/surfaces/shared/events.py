"""Everything that happened to an account, newest first, in one statement whatever its length (A56): bills, each try to charge, holds, refunds,
returns, payments recorded elsewhere, credits, voids, enrollments and cancellations, product changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from autopay.database import Tx

COLUMNS = {
    "minor": "null::bigint",
    "numbers": "'{}'::bigint[]",
    "bills": "'{}'::uuid[]",
    "state": "''",
    "trigger": "''",
    "reason": "''",
    "bank": "false",
    "brand": "''",
    "last4": "''",
    "ended": "null::timestamptz",
    "receipt": "null::uuid",
    "payment": "null::uuid",
    "actor": "''",
    "word": "''",
    "day": "null::date",
    "reference": "null::bigint",
}


def _select(kind: str, source: str, **columns: str) -> str:
    """One kind of event: `id` names its row, `at` the business instant; columns it does not name are empty."""
    given = COLUMNS | {name: text for name, text in columns.items() if name not in ("id", "at")}
    named = ", ".join(f"{text} as {name}" for name, text in given.items())
    return f"select '{kind}' as kind, {columns['id']} as id, {columns['at']} as at, {named} {source}"


MINE = "payer_id = %(payer)s"
OF_INVOICE = {"numbers": "array[i.number]", "bills": "array[i.uid]"}
OF_METHOD = {"bank": "m.kind = 'bank'", "brand": "m.brand", "last4": "m.last4"}
OF_CHARGE = {
    **OF_METHOD,
    "id": "c.id",
    "minor": "c.minor",
    "numbers": "part.numbers",
    "bills": "part.bills",
    "trigger": "c.trigger",
    "payment": "c.uid",
}
CHARGES = f"""from charge c join method m on m.id = c.method_id
    join lateral (select array_agg(i.number order by i.number) as numbers, array_agg(i.uid order by i.number) as bills
                  from charge_part p join invoice i on i.id = p.invoice_id where p.charge_id = c.id) part on true
    where c.{MINE} and c.sent_at is not null"""
TOLD = "from journal_entry e where e.biller_id = r.biller_id and e.object = 'refund' and e.object_id = r.id and e.action"

SELECTS = {
    "bill": _select("bill", f"from invoice i where i.{MINE}", id="i.id", at="i.issued_at", minor="i.total", **OF_INVOICE),
    "void": _select(
        "void",
        f"from invoice i where i.{MINE} and i.voided_at is not null",
        id="i.id",
        at="i.voided_at",
        minor="i.total",
        **OF_INVOICE,
    ),
    "adjusted": _select(
        "adjusted",
        f"""from invoice i join journal_entry e on e.biller_id = i.biller_id and e.object = 'invoice' and e.object_id = i.id
            and e.action = 'invoice adjusted' where i.{MINE}""",
        id="e.id",
        at="e.at",
        minor="(e.data->>'minor')::bigint",
        **OF_INVOICE,
    ),
    "charge": _select(
        "charge",
        f"{CHARGES} and c.state not in ('due', 'withdrawn')",
        at="c.sent_at",
        state="c.state",
        reason="c.reason",
        ended="c.settled_at",
        receipt="case when c.state = 'paid' then c.uid end",
        **OF_CHARGE,
    ),
    "returned": _select(
        "returned", f"{CHARGES} and c.state = 'returned'", at="coalesce(c.settled_at, c.sent_at)", reason="c.reason", **OF_CHARGE
    ),
    "elsewhere": _select(
        "elsewhere",
        f"from elsewhere e join invoice i on i.id = e.invoice_id join biller b on b.id = e.biller_id where i.{MINE}",
        id="e.id",
        at="(e.received_on + time '12:00') at time zone b.zone",
        minor="e.minor",
        word="e.how",
        **OF_INVOICE,
    ),
    "hold": _select(
        "hold",
        f"from method m where m.{MINE} and m.hold_placed_at is not null",
        id="m.id",
        at="m.hold_placed_at",
        minor="m.hold_minor",
        ended="m.hold_released_at",
        **OF_METHOD,
    ),
    "refund": _select(
        "refund",
        f"""from refund r join charge c on c.id = r.charge_id join invoice i on i.id = r.invoice_id join method m on m.id = c.method_id
            left join lateral (select e.at {TOLD} = 'refund asked' order by e.id limit 1) asked on true
            left join lateral (select e.at {TOLD} in ('refund done', 'refund failed') order by e.id desc limit 1) done on true
            where c.{MINE}""",
        id="r.id",
        at="coalesce(asked.at, r.created_at)",
        minor="r.minor",
        state="r.state",
        reason="r.reason",
        ended="done.at",
        receipt="case when c.state = 'paid' then c.uid end",
        **OF_INVOICE,
        **OF_METHOD,
    ),
    "agreement": _select(
        "agreement",
        f"""from (select v.*, lag(v.switch) over (order by v.version) as was from agreement_version v where v.{MINE}) v
            left join lateral (select e.id from journal_entry e where e.biller_id = v.biller_id and e.object = 'payer'
                and e.object_id = v.payer_id and e.action = 'auto-pay ' || v.switch and e.at = v.at order by e.id limit 1) noted on true
            where v.was is distinct from v.switch and v.version > 1""",
        id="v.id",
        at="v.at",
        state="v.switch",
        actor="v.by",
        reference="noted.id",
    ),
    "product": _select(
        "product",
        """from journal_entry e join payer p on p.id = %(payer)s
            where e.biller_id = p.biller_id and e.object = 'payer' and e.object_id = p.id
              and e.action in ('product added', 'product dropped', 'product kept', 'product not added')""",
        id="e.id",
        at="e.at",
        state="e.action",
        actor="e.actor",
        word="coalesce(e.data->>'product', '')",
        day="(e.data->>'bill')::date",
        minor="(e.data->>'minor')::bigint",
        reference="e.id",
    ),
}
LATER = ("bill", "adjusted", "void", "charge", "elsewhere", "returned", "refund", "hold", "agreement", "product")
"""At one instant, the later in this list happened after."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the history. `at` and `ended` are business instants, `minor` is in the account's minor units."""

    kind: str
    id: int
    at: datetime
    minor: int | None
    numbers: list[int]
    bills: list[UUID]
    state: str
    trigger: str
    reason: str
    bank: bool
    brand: str
    last4: str
    ended: datetime | None
    receipt: UUID | None
    payment: UUID | None
    """The charge whose page follows it to its end."""
    actor: str
    word: str
    day: date | None
    """Of a product change: the bill from which it counts."""
    reference: int | None


def events(tx: Tx, payer: int, kinds: tuple[str, ...], limit: int | None = None, skip: int = 0) -> list[Event]:
    """Those of these kinds, newest first; None is all of them."""
    union = " union all ".join(SELECTS[kind] for kind in kinds)
    sql = f"""select * from ({union}) event
        order by at desc, array_position(%(later)s::text[], kind) desc, id desc limit %(limit)s offset %(skip)s"""
    return tx.all(Event, sql, payer=payer, later=list(LATER), limit=limit, skip=skip)
