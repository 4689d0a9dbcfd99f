"""What enrolling will charge first, said before Submit (A23): the next bill, or the open ones too if the person asks for that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from autopay.billing.coming import coming_bills
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.account import Account


@dataclass(frozen=True, slots=True)
class FirstCharge:
    """`on` is the local charge day of the next bill, `amount` that bill at the prices known for its day. `open` is what stands open now
    and `open_on` the day on which it would be taken, if the person ticks that."""

    on: date
    amount: Money
    open: Money
    open_on: date


def first_charge(tx: Tx, account: Account) -> FirstCharge:
    payer, house = account.practice.id, account.biller
    bills = coming_bills(tx, house.id, account.next_bill, account.next_bill, payer)
    notice = tx.value("select notice_days from biller")
    on = account.next_bill + timedelta(days=notice)
    month = sum(each.minor for each in bills)
    standing_open = [each for each in account.bills if each.open > 0]
    today = local_date(account.now, account.biller.zone)
    coming = [each.due_on for each in standing_open if each.due_on > today]
    return FirstCharge(
        on,
        Money(month, house.currency),
        Money(sum(each.open for each in standing_open), house.currency),
        min(coming, default=on),
    )
