"""Issue invoices for completed visits, and plan their charges in the same transaction (V30)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from autopay.charging.charge import Why
from autopay.charging.plan import plan_visits
from autopay.clock import local_date
from autopay.database import PLANNED_ONCE, Tx
from autopay.journal.write import By

ISSUE = """
    with todo as (
        select v.*, row_number() over (order by v.on, v.id) as nth, b.uid as biller_uid, b.currency
        from visit v join biller b on b.id = v.biller_id
        where v.id = any(%(visits)s::bigint[]) and v.minor > 0 and not exists (select from invoice i where i.visit_id = v.id)),
    counter as (
        update invoice_counter set next = next + (select count(*) from todo) where biller_id = %(biller)s
        returning next - (select count(*) from todo) as first),
    issued as (
        insert into invoice (biller_id, payer_id, number, kind, visit_id, issued_on, due_on, issued_at, total, currency, debt)
        select t.biller_id, t.payer_id, counter.first + t.nth - 1, 'visit', t.id, %(today)s, %(today)s, %(now)s, t.minor, t.currency,
               'visit:' || case t.source when 'autopay' then t.uid::text else t.source || ':' || t.external_id end
        from todo t, counter
        returning id, biller_id, payer_id, number, visit_id, total, currency),
    lined as (
        insert into invoice_line (biller_id, invoice_id, text, unit_minor, minor)
        select biller_id, id, 'Visit', total, total from issued),
    booked as (
        insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
        select biller_id, 'receivable', 'revenue', total, currency, 'issued', 'invoice:' || id, payer_id, id, %(today)s from issued),
    noted as (
        insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
        select biller_id, %(now)s, %(actor)s, 'invoice issued', 'invoice', id, jsonb_build_object('number', number, 'minor', total)
        from issued)
    select id from issued order by id
"""


@dataclass(frozen=True, slots=True)
class Issued:
    invoices: list[int]
    decided: Counter[Why]


def issue_visits(tx: Tx, biller: int, visits: Sequence[int], by: By, priority: int = 5) -> Issued:
    """Invoice the given visits; those invoiced before, or with nothing to pay, are left alone. Dates are the biller's local ones."""
    tx.run(PLANNED_ONCE)
    zone = tx.value("select zone from biller where id = %(biller)s", biller=biller)
    today = local_date(by.at, zone)
    invoices = tx.column(ISSUE, biller=biller, visits=list(visits), today=today, now=by.at, actor=by.actor)
    return Issued(invoices, plan_visits(tx, invoices, by.at, priority) if invoices else Counter())
