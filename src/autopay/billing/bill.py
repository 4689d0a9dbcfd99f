"""The monthly bill: on its anchor day each account is invoiced for the products it uses, once per month (A50, A51, design 4.13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from autopay.billing.bank_days import back_bank_days
from autopay.billing.bill_day import ANCHOR, BillDay, days_in_month, month_billed
from autopay.clock import start_of
from autopay.database import Tx

BATCH = 5000

PRICE = """
    select c.id, c.minor, c.source, c.document, c.since from price c
    where c.product_id = {product} and (c.payer_id is null or c.payer_id = {payer})
      and c.since <= {on} and (c.until is null or c.until > {on})
    order by array_position(array['sow', 'msa', 'data_sheet'], c.source::text), c.since desc limit 1
"""
"""What a product costs an account on a local date: SOW before MSA before Data Sheet (A50). Everybody who names a price asks this."""

PRICED = f"""
    select a.id as payer, a."on", s.product_id, product.name, s.quantity, price.minor, price.source
    from accounts a
    join selection s on s.payer_id = a.id and s.since <= a."on" and (s.until is null or s.until > a."on")
    join product on product.id = s.product_id
    join lateral ({PRICE.format(product="s.product_id", payer="a.id", on='a."on"')}) price on true
"""
"""The lines of `accounts` (id, "on") as they are billed on that local date: what they use, at the price that holds for them then."""

BILL = f"""
    with accounts as (
        select p.id, p.uid, p.biller_id, b.notice_days, b.currency, %(on)s::date as "on" from payer p join biller b on b.id = p.biller_id
        where p.biller_id = %(biller)s and p.kind = 'account' and p.id > %(after)s
          and least({ANCHOR.format(on="%(on)s")}, %(month_days)s) = extract(day from %(on)s::date)
          and not {month_billed("%(on)s::date")}
        order by p.id limit %(limit)s),
    lines as ({PRICED}),
    totals as (
        select a.*, sum(l.quantity * l.minor)::bigint as total, row_number() over (order by a.id) as nth
        from accounts a join lines l on l.payer = a.id group by a.id, a.uid, a.biller_id, a.notice_days, a.currency, a."on"
        having sum(l.quantity * l.minor) > 0),
    counter as (
        update invoice_counter set next = next + (select count(*) from totals) where biller_id = %(biller)s
        returning next - (select count(*) from totals) as first),
    billed as (
        insert into invoice (biller_id, payer_id, number, kind, period, issued_on, due_on, issued_at, total, currency, debt)
        select t.biller_id, t.id, counter.first + t.nth - 1, 'monthly', %(on)s, %(on)s, %(on)s::date + t.notice_days, %(now)s, t.total,
               t.currency, 'month:' || t.uid || ':' || %(on)s::date
        from totals t, counter
        returning id, biller_id, payer_id, number, total, currency),
    lined as (
        insert into invoice_line (biller_id, invoice_id, product_id, text, quantity, unit_minor, minor, price_source)
        select b.biller_id, b.id, l.product_id, l.name, l.quantity, l.minor, l.quantity * l.minor, l.source
        from billed b join lines l on l.payer = b.payer_id),
    booked as (
        insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
        select biller_id, 'receivable', 'revenue', total, currency, 'issued', 'invoice:' || id, payer_id, id, %(on)s from billed),
    noted as (
        insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
        select biller_id, %(now)s, 'autopay', 'invoice issued', 'invoice', id, jsonb_build_object('number', number, 'minor', total)
        from billed)
    select (select count(*) from billed) as billed, max(id) as last from accounts
"""

REFRESH = """
    insert into balance (biller_id, payer_id, due_minor, minor, as_of)
    select p.biller_id, p.id, due.minor,
           due.minor + coalesce((select sum(c.minor) from charge c
                     where c.payer_id = p.id and c.state = 'paid' and c.trigger = 'pay_now' and c.settled_at >= %(shown_before)s), 0),
           %(now)s
    from payer p cross join lateral (
        select coalesce(sum(i.total - i.captured + i.returned - i.elsewhere), 0)::bigint as minor from invoice i
        where i.payer_id = p.id and i.voided_at is null) due
    where p.biller_id = %(biller)s and p.kind = 'account'
    on conflict (payer_id) do update set due_minor = excluded.due_minor, minor = excluded.minor, as_of = excluded.as_of
"""
SHOWN_AFTER = 2
"""Bank days that must have passed between the day of an online payment and a night for its figures to count it (A52)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """How many were billed, and the last account looked at: where the next batch goes on; None at the end."""

    billed: int
    last: int | None


def bill_accounts(tx: Tx, biller: int, on: date, now: datetime, after: int = 0) -> Batch:
    """Invoice the next batch of accounts whose anchor day falls on the local date `on`. Done twice, it bills nobody twice."""
    batch = tx.one(Batch, BILL, biller=biller, on=on, now=now, month_days=days_in_month(on), limit=BATCH, after=after)
    return batch or Batch(0, None)


def refresh_balances(tx: Tx, biller: int, on: date, zone: str, now: datetime) -> int:
    """The two figures the screens show (A52): amount due, and account balance, into which online payments take their days. For a night `on`."""
    return tx.run(REFRESH, biller=biller, shown_before=start_of(shown_before(on), zone), now=now)


def shown_before(night: date) -> date:
    """Online payments of local days before this one are in the account balance of that night; later ones are on their way into it."""
    return back_bank_days(night, SHOWN_AFTER)


def next_bill_day(anchor: int, today: date) -> date:
    """Where the anchor day does not change: the first bill day after today (design 4.13)."""
    return BillDay(anchor, anchor).after(today)
