"""What enrolling will charge first, said before Submit (A23): the next bill, or the open ones too if the person asks for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.account import Account

MONTH = """
    select coalesce(sum(s.quantity * price.minor), 0)::bigint
    from selection s
    join lateral (
        select p.minor from price p
        where p.product_id = s.product_id and (p.payer_id is null or p.payer_id = s.payer_id)
          and p.since <= %(on)s and (p.until is null or p.until > %(on)s)
        order by array_position(array['sow', 'msa', 'data_sheet'], p.source::text), p.since desc limit 1) price on true
    where s.payer_id = %(payer)s and s.since <= %(on)s and (s.until is null or s.until > %(on)s)
"""


@dataclass(frozen=True, slots=True)
class FirstCharge:
    """`on` is the local charge day of the next bill, `amount` that bill at the prices known for its day. `open` is what stands open now
    and `open_on` the day on which it would be taken, if the person ticks that."""

    on: date
    amount: Money
    open: Money
    open_on: date


def first_charge(tx: Tx, account: Account) -> FirstCharge:
    payer, currency = account.practice.id, account.biller.currency
    notice = tx.value("select notice_days from biller")
    on = account.next_bill + timedelta(days=notice)
    month = tx.value(MONTH, payer=payer, on=account.next_bill)
    standing_open = [each for each in account.bills if each.open > 0]
    today = local_date(account.now, account.biller.zone)
    coming = [each.due_on for each in standing_open if each.due_on > today]
    return FirstCharge(
        on, Money(month, currency), Money(sum(each.open for each in standing_open), currency), min(coming, default=on)
    )
