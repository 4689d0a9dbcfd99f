"""Cards that auto-pay uses and that expire soon: written down 60, 30 and 7 days ahead, once each, for the mail that says so (A58)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from autopay.database import Tx

AHEAD = (60, 30, 7)

EXPIRING = """
    insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
    select m.biller_id, %(now)s, 'autopay', 'method expires', 'payer', m.payer_id,
           jsonb_build_object('method', m.id, 'last_day', %(last)s::date, 'days', %(days)s::int)
    from method m
    join agreement a on a.payer_id = m.payer_id
    join company_switch company on company.biller_id = m.biller_id
    where m.biller_id = %(biller)s and m.is_default and m.kind = 'card' and m.exp_year = %(year)s and m.exp_month = %(month)s
      and (a.switch = 'on' or (a.switch = 'follow' and company."on"))
      and not exists (select from journal_entry e where e.biller_id = m.biller_id and e.object = 'payer' and e.object_id = m.payer_id
                      and e.action = 'method expires' and e.data @> jsonb_build_object('method', m.id, 'days', %(days)s::int))
"""


def note_expiring(tx: Tx, biller: int, on: date, now: datetime) -> int:
    """For the biller's local date `on`; a card is good until the last day of its month. Done twice, it is written once."""
    found = 0
    for days in AHEAD:
        last = on + timedelta(days=days)
        if (last + timedelta(days=1)).day == 1:
            found += tx.run(EXPIRING, biller=biller, now=now, last=last, days=days, year=last.year, month=last.month)
    return found
