"""What happened to the catalogue's accounts: a month at a time bills are issued, planned, claimed and settled, then the last thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from autopay.agreements.models import Switch
from autopay.billing.bill import bill_accounts
from autopay.billing.bill_day import days_in_month
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.plan import plan_months
from autopay.charging.record_payment import Payment, record_payment
from autopay.charging.refund import RefundWish, refund
from autopay.charging.send import Engine
from autopay.charging.settle import Settled, Told, settle
from autopay.charging.stop_returned import stop_returned
from autopay.charging.switch import set_switch
from autopay.charging.void import void
from autopay.clock import Clock, local_date, start_of
from autopay.database import Database
from autopay.demo_states.accounts import Account, End
from autopay.journal.write import By
from autopay.money import Money
from autopay.processors.protocol import Declined, NeedsPayer, Paid, Pending, Reason, Returned, Unknown

ZONE = "America/Los_Angeles"
BILLED_AGO, NOTICE = 10, 14
"""Days: since when the newest bill is there, and between bill day and charge day."""

CLAIM = """
    with claimed as (
        update charge c set state = 'sending', key = 'catalogue:' || c.id, sent_at = %(at)s, called_at = %(at)s, lease_until = %(at)s,
               minor = coalesce(c.asked_minor, (
                   select sum(i.total - i.captured + i.returned - i.elsewhere) from charge_part p join invoice i on i.id = p.invoice_id
                   where p.charge_id = c.id)),
               method_id = coalesce(c.chosen_method_id, m.id), agreement_version_id = v.id
        from agreement a
        join agreement_version v on v.payer_id = a.payer_id and v.version = a.version
        left join method m on m.payer_id = a.payer_id and m.is_default
        where c.id = any(%(charges)s::bigint[]) and a.payer_id = c.payer_id
        returning c.id, c.minor)
    update charge_part p set minor = claimed.minor from claimed where p.charge_id = claimed.id
"""
"""As the worker's claim leaves a charge of one bill."""
OF_BILLS = """
    select c.id, c.payer_id as payer, p.invoice_id as invoice, c.minor from charge c join charge_part p on p.charge_id = c.id
    where p.invoice_id = any(%(invoices)s::bigint[]) and c.state = %(state)s order by c.id
"""
REFUNDED = """
    with done as (
        update refund r set state = 'sending', key = 'catalogue:' || r.id, sent_at = %(at)s where r.biller_id = %(biller)s
        returning r.*),
    booked as (
        insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
        select d.biller_id, 'refunded', 'processor', d.minor, i.currency, 'refunded', 'refund:' || d.id, i.payer_id, i.id, %(at)s::date
        from done d join invoice i on i.id = d.invoice_id),
    noted as (
        insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
        select biller_id, %(at)s, 'processor', 'refund done', 'refund', id, jsonb_build_object('minor', minor) from done)
    update invoice i set refunded = i.refunded + d.minor from done d where i.id = d.invoice_id
"""


@dataclass(frozen=True, slots=True)
class Made:
    """An account of the table as a payer, and whoever owns it as an actor of the journal."""

    payer: int
    account: Account
    owner: str


@dataclass(frozen=True, slots=True)
class _Charge:
    id: int
    payer: int
    invoice: int
    minor: int | None


@dataclass(frozen=True, slots=True)
class History:
    """The databases as app, engine and owner see them, the vendor, and the instant up to which it is told."""

    app: Database
    engine: Database
    owner: Database
    biller: int
    now: datetime

    def ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)

    def by(self, made: Made, days: int) -> By:
        return By(made.owner, self.ago(days))

    def clock(self, days: int) -> Clock:
        return Clock(machine=lambda: self.ago(days))


def bill_days(now: datetime, months: int) -> list[date]:
    """The newest first: the same day of the month, `BILLED_AGO` before today."""
    newest = local_date(now, ZONE) - timedelta(days=BILLED_AGO)
    days = [newest]
    while len(days) < months:
        before = days[-1].replace(day=1) - timedelta(days=1)
        days.append(before.replace(day=min(newest.day, days_in_month(before))))
    return days


def let_happen(history: History, accounts: Sequence[Made]) -> None:
    newest: dict[int, int] = {}
    days = bill_days(history.now, max((each.account.months for each in accounts), default=0))
    for nth, day in reversed(list(enumerate(days))):
        at = start_of(day, ZONE) + timedelta(hours=3)
        with history.app.transaction(history.biller) as tx:
            before = tx.value("select coalesce(max(id), 0) from invoice")
            bill_accounts(tx, history.biller, day, at)
            rows = tx.all(dict[str, int], "select id, payer_id from invoice where id > %(before)s", before=before)
        newest |= {row["payer_id"]: row["id"] for row in rows}
        if nth:
            _paid_on_its_day(history, [row["id"] for row in rows], (history.now - at).days - NOTICE)
    _ends(history, [each for each in accounts if each.payer in newest], newest)


def _paid_on_its_day(history: History, bills: list[int], days: int) -> None:
    with history.app.transaction(history.biller) as tx:
        plan_months(tx, bills, history.ago(days))
    let_end(history, [(each, End("paid", days=days)) for each in charges_of(history, bills, "due")])


def charges_of(history: History, bills: Sequence[int], state: str) -> list[_Charge]:
    with history.owner.transaction() as tx:
        return tx.all(_Charge, OF_BILLS, invoices=list(bills), state=state)


def _ends(history: History, accounts: Sequence[Made], bills: dict[int, int]) -> None:
    """The newest bill of each: its day, its charge, and what came after."""
    today = local_date(history.now, ZONE)
    with history.owner.transaction() as tx:
        for each in accounts:
            end = each.account.newest
            due = today - timedelta(days=end.days) if end and not end.by_hand else today + timedelta(days=each.account.due)
            tx.run("update invoice set due_on = %(due)s where id = %(id)s", due=due, id=bills[each.payer])
    by_payer = {each.payer: each.account.newest for each in accounts if each.account.newest}
    for each in accounts:
        begin(history, each, bills[each.payer])
    taken = charges_of(history, [bills[payer] for payer, end in by_payer.items() if end.state not in ("due", "held")], "due")
    let_end(history, [(each, by_payer[each.payer]) for each in taken])
    for each in accounts:
        then(history, each, bills[each.payer])
    with history.owner.transaction() as tx:
        tx.run(REFUNDED, biller=history.biller, at=history.ago(1))
        tx.run("update refund set state = 'done' where biller_id = %(b)s and state = 'sending'", b=history.biller)
    stop_returned(Engine(history.engine, {}, history.clock(1), b""))


def begin(history: History, made: Made, bill: int) -> None:
    """A due charge, or the reason for none."""
    end = made.account.newest
    if end is None:
        return
    if end.by_hand:
        with history.app.transaction(history.biller) as tx:
            method = tx.value("select id from method where payer_id = %(p)s and is_default", p=made.payer)
            whole = tx.value("select total from invoice where id = %(id)s", id=bill)
        pay_now(history.app, history.biller, Wish(made.payer, (bill,), end.minor or whole, method), history.by(made, end.days))
        return
    with history.app.transaction(history.biller) as tx:
        plan_months(tx, [bill], history.ago(end.days))


def let_end(history: History, ends: Iterable[tuple[_Charge, End]]) -> None:
    """Each told as a worker tells it, on its own day."""
    by_day: dict[int, list[tuple[_Charge, End]]] = defaultdict(list)
    for charge, end in ends:
        by_day[end.days].append((charge, end))
    for ago, group in sorted(by_day.items(), reverse=True):
        with history.owner.transaction() as tx:
            tx.run(CLAIM, charges=[charge.id for charge, _ in group], at=history.ago(ago))
        claimed = {each.id: each for each in charges_of(history, [charge.invoice for charge, _ in group], "sending")}
        for step in range(2):
            told = [(claimed[charge.id], _told(claimed[charge.id], end)) for charge, end in group]
            outcomes_now = [Settled(c.id, f"catalogue:{c.id}", outcomes[step]) for c, outcomes in told if len(outcomes) > step]
            if outcomes_now:
                settle(history.engine, history.clock(ago), outcomes_now)


def _told(charge: _Charge, end: End) -> list[Told]:
    """What the payment company said, in turn; nothing for a charge whose answer is not there."""
    ref, amount = f"pi_catalogue_{charge.id}", Money(charge.minor or 0)
    reason = end.reason or Reason.DECLINED
    outcomes: dict[str, list[Told]] = {
        "sending": [],
        "paid": [Paid(ref, amount)],
        "pending": [Pending(ref, amount)],
        "returned": [Pending(ref, amount), Returned(ref, reason)],
        "failed": [Declined(reason, ref)],
        "unknown": [Unknown("no answer")],
        "needs_payer": [NeedsPayer(ref, "https://bank.example/confirm")],
    }
    return outcomes[end.state]


def then(history: History, made: Made, bill: int) -> None:
    end, by = made.account.newest, history.by(made, 2)
    if end and end.sent_back:
        refund(history.app, history.biller, RefundWish(bill, end.sent_back, "shorter month"), by)
    match made.account.then:
        case "cancelled":
            set_switch(history.app, history.biller, made.payer, Switch.OFF, by)
        case "void":
            void(history.app, history.biller, bill, by)
        case "elsewhere":
            payment = Payment(25685, "check", local_date(by.at, ZONE), f"check {made.payer}")
            record_payment(history.app, history.biller, bill, payment, by)
        case "blocked":  # the payment company shows a payment that it told us had failed
            [charge] = charges_of(history, [bill], "failed")
            amount = Money(charge.minor or 0)
            told = [Settled(charge.id, f"catalogue:{charge.id}", Paid(f"pi_catalogue_{charge.id}", amount))]
            settle(history.engine, history.clock(1), told)
