"""Which due charges a claim looks at, and what it reads of each. Nothing here is promised: the claim decides again under lock."""

from __future__ import annotations

from autopay.processors.pace import ALLOWED

# Round-robin over billers by priority: everybody's first Pay Now, then everybody's second. Of one biller no more than the claim asks for,
# than its lanes have room for (lanes.py), than its account's pace allows (pace.py). The index charge_due hands them out in order, so that a
# million due charges of one biller cost no more than the few that are taken. (The inner limit is for the planner: it cannot guess the other.)
CANDIDATES = f"""
    select due.id from biller b left join processor_pace p on p.biller_id = b.id
    left join unnest(%(billers)s::bigint[], %(rooms)s::int[]) as lanes (biller, room) on lanes.biller = b.id
    cross join lateral (
        select * from (
            select c.id, c.priority, row_number() over (order by c.priority, c.run_at, c.id) as turn, c.run_at from charge c
            where c.biller_id = b.id and c.state = 'due' and c.run_at <= %(now)s and c.ref = '' and c.compared >= coalesce(
                (select max(f.id) from forgotten_payment f where f.biller_id = b.id and f.resolved_at is null), 0)
            order by c.priority, c.run_at, c.id limit %(limit)s) first
        limit least(lanes.room, {ALLOWED})) due
    where (select sending_allowed()) order by due.priority, due.turn, due.run_at, due.id limit %(limit)s
"""

# Whoever changes a company's switch, an agreement, a method or an invoice holds its row, and what is decided is read after these are held.
# Nobody is waited for, so that no claim is ever part of a deadlock: what is busy is left out, and its charge stays due.
LOCK = """
    with mine as materialized (select id, biller_id, payer_id, chosen_method_id from charge where id = any(%(ids)s::bigint[])),
    companies as materialized (
        select biller_id from company_switch where biller_id in (select biller_id from mine) order by biller_id for share skip locked),
    agreements as materialized (
        select payer_id from agreement where payer_id in (select payer_id from mine) order by payer_id for share skip locked),
    methods as materialized (
        select m.id from method m join mine c on c.payer_id = m.payer_id and (m.is_default or m.id = c.chosen_method_id)
        order by m.id for update of m skip locked),
    invoices as materialized (
        select i.id from mine c join charge_part p on p.charge_id = c.id join invoice i on i.id = p.invoice_id
        order by i.id for update of i skip locked)
    select array(select biller_id from companies) as companies, array(select payer_id from agreements) as agreements,
           array(select id from methods) as methods, array(select id from invoices) as invoices
"""
# The charges whose rows are all held. Their parts are written with a charge and never become more, so that those seen here are all of them.
DUE = """
    select c.id, c.uid::text as uid, c.biller_id as biller, b.uid::text as biller_uid, c.trigger, c.debt, c.attempt,
           c.asked_minor, chosen.id as chosen, chosen.state = 'usable' and chosen.verified as chosen_usable,
           (select array_agg(p.invoice_id order by p.invoice_id) from charge_part p where p.charge_id = c.id) as invoices
    from charge c join biller b on b.id = c.biller_id left join method chosen on chosen.id = c.chosen_method_id
    where c.id = any(%(ids)s::bigint[]) and c.state = 'due' and c.run_at <= %(now)s
      and c.biller_id = any(%(companies)s::bigint[]) and c.payer_id = any(%(agreements)s::bigint[])
      and not exists (select from charge_part p where p.charge_id = c.id and p.invoice_id <> all(%(invoices)s::bigint[]))
    order by c.id for update of c skip locked
"""
