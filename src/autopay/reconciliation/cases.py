"""Which payments a day touches, and all that both sides have about each: the facts compare.py decides on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from autopay.charging.charge import IN_FLIGHT
from autopay.database import Tx
from autopay.processors.book import MovementKind
from autopay.reconciliation.case import Booked, Case, OurCharge, OurRefund
from autopay.reconciliation.fees import Rates
from autopay.reconciliation.read import JUDGED, Day

CHARGES = """
    select charge_id from booking where biller_id = %(biller)s and charge_id is not null and at >= %(start)s and at < %(end)s
    union select charge_id from booking where biller_id = %(biller)s and charge_id is not null and not agreed and at < %(end)s
    union select p.charge_id from ledger_transfer t join charge_part p on p.id = split_part(t.source, ':', 2)::bigint
          where t.biller_id = %(biller)s and t.kind in ('captured', 'returned') and t."on" between %(first)s and %(on)s
            and (t."on" = %(on)s or not exists (select from booking b where b.charge_id = p.charge_id and b.agreed))
    union select r.charge_id from ledger_transfer t join refund r on r.id = split_part(t.source, ':', 2)::bigint
          where t.biller_id = %(biller)s and t.kind = 'refunded' and t."on" between %(first)s and %(on)s
            and (t."on" = %(on)s or not exists (select from booking b where b.charge_id = r.charge_id and b.agreed))
    union select charge_id from difference where biller_id = %(biller)s and resolved_at is null and about <> 'payout' and charge_id is not null
    union select u.charge_id from unmatched_receipt u where u.biller_id = %(biller)s and u.resolved_at is null
            and exists (select from booking b where b.charge_id = u.charge_id and u.ref in (b.ref, b.payment))
    order by 1
"""
PAYMENTS = """
    select payment from booking where biller_id = %(biller)s and charge_id is null and kind <> 'other' and told_by = 'book'
       and at < %(end)s and (at >= %(start)s or not agreed)
    union select payment from difference
       where biller_id = %(biller)s and resolved_at is null and about <> 'payout' and charge_id is null
    order by 1
"""
THEIRS = """
    select booking, kind, ref, payment, (at at time zone %(zone)s)::date as "on", minor, currency, settled, settled_currency, fee, mark,
           charge_id, charge_uid is not null as lost
    from booking where biller_id = %(biller)s and kind <> 'other'
      and (charge_id = any(%(charges)s::bigint[])
           or (charge_id is null and told_by = 'book' and payment = any(%(payments)s::text[]))) order by at, id
"""
OURS = """
    select c.id, c.ref, c.currency, coalesce(m.kind = 'bank', false) as bank, c.state = any(%(in_flight)s) as in_flight, sums.*
    from charge c left join method m on m.id = c.method_id
    left join lateral (
        select coalesce(sum(t.minor) filter (where t.kind = 'captured'), 0)::bigint as captured,
               max(t."on") filter (where t.kind = 'captured') as captured_on,
               coalesce(sum(t.minor) filter (where t.kind = 'returned'), 0)::bigint as returned,
               max(t."on") filter (where t.kind = 'returned') as returned_on, min(p.invoice_id) as invoice
        from charge_part p left join ledger_transfer t
          on t.biller_id = p.biller_id and t.source = 'charge_part:' || p.id and t.kind in ('captured', 'returned')
        where p.charge_id = c.id) sums on true
    where c.id = any(%(charges)s::bigint[])
"""
REFUNDS = """
    select r.id, r.charge_id, r.ref, r.key, coalesce(t.minor, 0)::bigint as minor, t."on", r.state in ('sending', 'unknown') as in_flight,
           r.invoice_id as invoice
    from refund r left join ledger_transfer t on t.biller_id = r.biller_id and t.source = 'refund:' || r.id and t.kind = 'refunded'
    where r.charge_id = any(%(charges)s::bigint[]) order by r.id
"""
# What a person saw as missing with them stays so until it is there.
STILL_MISSING = """
    select distinct charge_id from difference
    where charge_id = any(%(charges)s::bigint[]) and kind = 'missing_with_them' and resolved_at is null
"""
RATES = """
    select since, currency, card_points, card_fixed, bank_points, bank_fixed, bank_cap, dispute_fixed from fee_rates
    where biller_id = %(biller)s order by since
"""


@dataclass(frozen=True, slots=True)
class Touched:
    charges: list[int]
    payments: list[str]

    def __len__(self) -> int:
        return len(self.charges) + len(self.payments)


def touched(tx: Tx, day: Day) -> Touched:
    """What either side booked that day, and whatever was not settled on a day before."""
    at = {"biller": day.biller, "start": day.start, "end": day.end}
    charges = tx.column(CHARGES, **at, first=day.on - JUDGED, on=day.on)
    return Touched(charges, tx.column(PAYMENTS, **at))


def rates(tx: Tx, biller: int) -> list[Rates]:
    return tx.all(Rates, RATES, biller=biller)


def cases(tx: Tx, day: Day, some: Touched, on_the_way: Iterable[str], mark: Callable[[str], str]) -> list[Case]:
    """One per charge and per payment of nobody. `mark`: what the processor keeps in place of a key."""
    lines = tx.all(dict[str, Any], THEIRS, biller=day.biller, zone=day.zone, charges=some.charges, payments=some.payments)
    of_charge: dict[int, list[Booked]] = defaultdict(list)
    of_nobody: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        if line["charge_id"]:
            of_charge[line["charge_id"]].append(_booked(line))
        else:
            of_nobody[line["payment"]].append(line)
    missing = set(tx.column(STILL_MISSING, charges=some.charges))
    seen, since = frozenset(on_the_way), day.on - JUDGED
    ours = [
        Case(tuple(of_charge[each.id]), each, on_the_way=seen, judged_since=date.min if each.id in missing else since)
        for each in _our_charges(tx, some.charges, mark)
    ]
    return ours + [Case(tuple(map(_booked, theirs)), lost=any(line["lost"] for line in theirs)) for theirs in of_nobody.values()]


def _booked(line: dict[str, Any]) -> Booked:
    return Booked(**{name: line[name] for name in Booked.__slots__} | {"kind": MovementKind(line["kind"])})


def _our_charges(tx: Tx, charges: Sequence[int], mark: Callable[[str], str]) -> list[OurCharge]:
    refunds: dict[int, list[OurRefund]] = defaultdict(list)
    for row in tx.all(dict[str, Any], REFUNDS, charges=list(charges)):
        key = row.pop("key")
        refunds[row.pop("charge_id")].append(OurRefund(**row, mark=mark(key) if key else ""))
    found = tx.all(dict[str, Any], OURS, charges=list(charges), in_flight=sorted(IN_FLIGHT))
    return [OurCharge(**row, refunds=tuple(refunds[row["id"]])) for row in found]
