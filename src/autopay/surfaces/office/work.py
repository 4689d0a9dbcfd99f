"""What needs a person, one kind per statement (V26). Each starts from the rows in question, by an index that has them in the order of the
list, so that a page costs as much as its rows. The oldest stands first: it has waited longest. Fragments of one tenant's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from autopay.charging.obstacle import ON
from autopay.database import Tx
from autopay.surfaces.shared.invoices import OPEN
from autopay.surfaces.shared.pages import PAGE

TOLD = 100
"""Of each kind beside the menu; more is told as 99+."""
LEFT = "i.total - i.captured + i.returned - i.elsewhere"
OWES = f"(select sum({LEFT})::bigint from invoice i where i.payer_id = p.id and {OPEN})"
NOTHING = "null::uuid as invoice, null::bigint as number"
NO_METHOD = "'' as method_kind, '' as brand, '' as last4"
METHOD = "coalesce(m.kind, '') as method_kind, coalesce(m.brand, '') as brand, coalesce(m.last4, '') as last4"
ENDED = f"""
    select p.id as payer_id, p.uid as payer, p.name, i.uid as invoice, i.number, {LEFT} as minor, c.settled_at as since,
           c.reason as why, {METHOD}, '' as note, null::uuid as request, c.id as nth
    from charge c join charge_part part on part.charge_id = c.id join invoice i on i.id = part.invoice_id join payer p on p.id = i.payer_id
    left join method m on m.id = c.method_id
    where c.state = '{{state}}' and {OPEN} and i.blocked = ''
      and not exists (select from charge_part l join charge d on d.id = l.charge_id
                      where l.invoice_id = i.id and d.id > c.id and d.state <> 'withdrawn')
"""
UNKNOWN = f"""
    select p.id as payer_id, p.uid as payer, p.name, i.uid as invoice, i.number, part.minor, c.sent_at as since, 'unknown' as why, {METHOD},
           '' as note, null::uuid as request, c.id as nth
    from charge c join charge_part part on part.charge_id = c.id join invoice i on i.id = part.invoice_id join payer p on p.id = i.payer_id
    left join method m on m.id = c.method_id where c.state = 'unknown'
    union all
    select p.id, p.uid, p.name, i.uid, i.number, r.minor, r.sent_at, 'refund', {METHOD}, '', null, r.id
    from refund r join invoice i on i.id = r.invoice_id join payer p on p.id = i.payer_id join charge c on c.id = r.charge_id
    left join method m on m.id = c.method_id where r.state = 'unknown'
"""
BLOCKED = f"""
    select p.id as payer_id, p.uid as payer, p.name, i.uid as invoice, i.number, i.total as minor,
           (select max(c.settled_at) from charge_part part join charge c on c.id = part.charge_id where part.invoice_id = i.id) as since,
           'blocked' as why, {NO_METHOD}, '' as note, null::uuid as request, i.id as nth
    from invoice i join payer p on p.id = i.payer_id where i.blocked <> ''
"""
NO_CARD = f"""
    select p.id as payer_id, p.uid as payer, p.name, {NOTHING}, {OWES} as minor, a.since, 'no_default' as why, {NO_METHOD}, '' as note,
           null::uuid as request, p.id as nth
    from agreement a join payer p on p.id = a.payer_id
    where p.kind = 'patient' and {ON} and not exists (select from method m where m.payer_id = a.payer_id and m.is_default offset 0)
"""
NO_CONSENT = f"""
    select p.id as payer_id, p.uid as payer, p.name, {NOTHING}, {OWES} as minor, a.since, 'no_consent' as why, {METHOD}, '' as note,
           null::uuid as request, p.id as nth
    from method m join agreement a on a.payer_id = m.payer_id join payer p on p.id = m.payer_id
    where m.is_default and p.kind = 'patient' and {ON}
      and not exists (select from consent k where k.method_id = m.id and not exists (select from consent_end e where e.consent_id = k.id))
"""
EXPIRING = f"""
    select p.id as payer_id, p.uid as payer, p.name, {NOTHING}, {OWES} as minor,
           (make_date(m.exp_year, m.exp_month, 1) + interval '1 month')::timestamptz as since,
           case when (m.exp_year, m.exp_month) < (%(year)s, %(month)s) then 'expired' else 'expires' end as why, {METHOD}, '' as note,
           null::uuid as request, p.id as nth
    from method m join agreement a on a.payer_id = m.payer_id join payer p on p.id = m.payer_id
    where m.is_default and m.kind = 'card' and (m.exp_year, m.exp_month) <= (%(until_year)s, %(until_month)s) and p.kind = 'patient' and {ON}
"""
REQUESTS = f"""
    select p.id as payer_id, p.uid as payer, p.name, {NOTHING}, null::bigint as minor, r.at as since, 'asks_' || r.kind as why, {NO_METHOD},
           r.note, r.uid as request, r.id as nth
    from request r join payer p on p.id = r.payer_id where r.done_at is null
"""
KINDS = {
    "failed": ENDED.format(state="failed"),
    "no-card": NO_CARD,
    "no-consent": NO_CONSENT,
    "expires": EXPIRING,
    "sent-back": ENDED.format(state="returned"),
    "unknown": UNKNOWN,
    "differs": BLOCKED,
    "requests": REQUESTS,
}
ORDERS = {
    "failed": "c.settled_at, c.id",
    "sent-back": "c.settled_at, c.id",
    "no-card": "a.since, a.payer_id",
    "no-consent": "a.since, a.payer_id",
    "expires": "m.exp_year, m.exp_month, m.id",
}
"""As the indexes have them."""


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to do. `minor` is what it is about, in minor units; `why` a reason of the payment company's or one word of ours."""

    payer_id: int
    payer: UUID
    name: str
    invoice: UUID | None
    number: int | None
    minor: int | None
    since: datetime | None
    why: str
    method_kind: str
    brand: str
    last4: str
    note: str
    request: UUID | None
    nth: int


def counts(tx: Tx, today: date, chosen: str, page: int) -> dict[str, int]:
    """By kind, each counted up to its `most`; one statement."""
    each = " union all ".join(
        f"select '{kind}' as kind, (select count(*) from ({_first(kind, most(kind, chosen, page))}) n) as number"
        for kind in KINDS
    )
    found: list[dict[str, int | str]] = tx.all(dict, each, **_months(today))
    return {str(row["kind"]): int(row["number"]) for row in found}


def most(kind: str, chosen: str, page: int) -> int:
    """How far is counted: of the kind that is shown to the end of the page behind the shown one, of the others up to TOLD."""
    return max(TOLD, (page + 1) * PAGE) if kind == chosen else TOLD


def to_do(tx: Tx, today: date) -> str:
    """The number beside Worklist; empty when nothing needs anybody. Kinds behind the one that fills it are not read."""
    each = " union all ".join(f"({_first(kind, TOLD)})" for kind in KINDS)
    return told(int(tx.value(f"select count(*) from (select from ({each}) k limit {TOLD}) n", **_months(today))), TOLD)


def _first(kind: str, number: int) -> str:
    return f"select 1 from ({KINDS[kind]}) k limit {number}"


def told(number: int, counted: int) -> str:
    """Where as many were found as were counted there are more, or may be."""
    return "" if not number else str(number) if number < counted else f"{counted - 1}+"


def page(tx: Tx, kind: str, today: date, offset: int, limit: int) -> list[Work]:
    sql = f"{KINDS[kind]} order by {ORDERS.get(kind, 'since nulls last, nth')} limit %(limit)s offset %(offset)s"
    return tx.all(Work, sql, offset=offset, limit=limit, **_months(today))


def _months(today: date) -> dict[str, int]:
    """A card is good until the last day of its month. What ends within 30 days is to be listed, and what has ended."""
    last = (today + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return {"year": today.year, "month": today.month, "until_year": last.year, "until_month": last.month}
