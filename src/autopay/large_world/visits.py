"""Some thousand visits of the large world in one go: invoiced, and most of them paid. Outcomes are drawn by the visit's number.

Three temporary tables say what shall be: `standing` (who may be charged with what, once per session), `bill` (one row per visit) and
`attempt` (one row per charge). The rest copies from them into the product's tables, and books the money from the same rows.
"""

from __future__ import annotations

from autopay.database import Tx

STANDING = """
    create temp table standing as
    select substr(p.external_id, 2)::bigint as n, p.id as payer, a.switch, v.id as version, m.id as method, m.kind = 'bank' as bank,
           a.switch = 'on' and m.id is not null and m.verified and c.id is not null as able, m.verified and c.id is not null as good,
           m.funding <> 'credit' as needs_notice, c.range_minor,
           case when a.switch = 'off' then 'own_off' when a.switch = 'follow' then 'company_off' when m.id is null then 'no_default'
                when c.id is null then 'no_consent' else 'being_verified' end as why
    from payer p
    join agreement a on a.payer_id = p.id
    join agreement_version v on v.payer_id = p.id and v.version = a.version
    left join method m on m.payer_id = p.id and m.is_default
    left join consent c on c.method_id = m.id
    where p.biller_id = %(biller)s and p.source = %(source)s
"""

# `ends` is how it goes, `day` the local date of that, `last` the last date of the world: what would end after it stands open.
BILLS = """
    create temp table bill on commit drop as
    with drawn as (
        select n, 1 + floor(%(patients)s * power(pg_temp.draw(n, 21) / 2147483648.0, 1.5))::bigint as patient,
               pg_temp.draw(n, 22) %% 10000 as r, (1 + pg_temp.draw(n, 23) %% 30)::int as d,
               4000 + 100 * (pg_temp.draw(n, 24) %% 160) as minor, pg_temp.draw(n, 25) %% 14000 as s,
               %(first_day)s::date + ((n - 1) * %(days)s / %(visits)s)::int as "on"
        from generate_series(%(first_n)s::bigint, %(last_n)s::bigint) n),
    planned as (
        select d.*, t.payer, t.version, t.method, t.bank, t.able, t.why, %(last)s::date - d."on" as age,
               case when t.able and t.needs_notice and d.minor > t.range_minor
                        then case when d."on" + 11 <= %(last)s then 'late' else 'held' end
                    when t.able and d.r >= 9500 and d.r < 9800 then case when d.r %% 10 < 8 then 'failed, paid' else 'failed' end
                    when t.able and t.bank and d."on" > %(last)s::date - 4 then 'pending'
                    when t.able and t.bank and d.r < 300 then 'returned'
                    when t.able and d.r >= 9800 and d.r < 9840 then 'refunded'
                    when t.able and d.r >= 9900 and d."on" >= %(last)s::date - 1
                        then (array['unknown', 'sending', 'needs_payer'])[1 + d.r %% 3]
                    when t.able then 'paid'
                    when d.r < 200 and t.good then 'failed' when d.r < 6000 and t.good then 'pay now'
                    when d.r < 9300 then 'elsewhere' when d.r < 9450 then 'void'
                    when d.r < 9850 then 'much later' else 'open' end as wish
        from drawn d join standing t on t.n = d.patient),
    dated as (
        select *, "on" + case wish when 'pay now' then d when 'elsewhere' then d when 'void' then d
                                   when 'late' then 11 when 'returned' then 4 when 'much later' then 45 + 2 * d
                                   when 'failed' then case when able then 0 else d end else 0 end::int as day from planned)
    select n, payer, version, method, able, "on", minor, r, d,
           case when day > %(last)s then case wish when 'returned' then 'pending' else 'open' end
                when wish = 'failed, paid' and "on" + d > %(last)s then 'failed'
                when wish = 'much later' then 'elsewhere' else wish end as ends,
           day, ("on" + interval '17 hours' + s * interval '1 second') at time zone %(zone)s as issued_at,
           (day + interval '17 hours' + (s + 2) * interval '1 second') at time zone %(zone)s as ended_at,
           ("on" + d + interval '18 hours' + s * interval '1 second') at time zone %(zone)s as again_at, ("on" + d)::date as again,
           case when able then 'charged' else why end as why,
           nextval(pg_get_serial_sequence('visit', 'id')) as visit, nextval(pg_get_serial_sequence('invoice', 'id')) as invoice
    from dated order by n
"""
ATTEMPTS = """
    create temp table attempt on commit drop as
    with made as (
        select b.*, 1 as nth, case when able then 'on_invoice' else 'pay_now' end as trigger, ended_at as at, day as booked,
               case when ends in ('paid', 'late', 'pay now', 'refunded') then 'paid' when ends = 'failed, paid' then 'failed'
                    when ends = 'held' then 'due' else ends end as state
        from bill b where able or ends in ('pay now', 'failed')
        union all
        select b.*, 2, 'pay_now', again_at, again, 'paid' from bill b where ends = 'failed, paid')
    select *, nextval(pg_get_serial_sequence('charge', 'id')) as charge, nextval(pg_get_serial_sequence('charge_part', 'id')) as part,
           case when state = 'failed' then (array['declined', 'insufficient_funds', 'expired_card'])[1 + r %% 3]
                when state = 'returned' then (array['insufficient_funds', 'account_closed'])[1 + r %% 2] else '' end as reason
    from made order by n, nth
"""
VISITS = """
    insert into visit (id, biller_id, payer_id, uid, "on", minor, source, external_id, completed_at)
    select visit, %(biller)s, payer, md5(%(seed)s || ':visit:' || n)::uuid, "on", minor, %(source)s, 'V' || n, issued_at from bill
"""
INVOICES = """
    insert into invoice (id, biller_id, payer_id, uid, number, kind, visit_id, issued_on, due_on, issued_at, total, currency,
                         captured, returned, refunded, elsewhere, voided_at, why, why_until, noticed_on, debt)
    select invoice, %(biller)s, payer, md5(%(seed)s || ':invoice:' || n)::uuid, 1000 + n, 'visit', visit, "on", "on", issued_at,
           minor, 'USD',
           case when ends in ('paid', 'late', 'pay now', 'refunded', 'failed, paid', 'returned') then minor else 0 end,
           case when ends = 'returned' then minor else 0 end,
           case when ends = 'refunded' then case when r %% 2 = 0 then minor else 2000 end else 0 end,
           case when ends = 'elsewhere' then minor else 0 end, case when ends = 'void' then ended_at end,
           case ends when 'void' then 'voided' when 'elsewhere' then 'paid_elsewhere' when 'held' then 'notice_first' else why end,
           case when ends = 'held' then "on" + 11 end, case when ends in ('held', 'late') then "on" end,
           'visit:' || %(source)s || ':V' || n
    from bill
"""
LINES = """
    insert into invoice_line (biller_id, invoice_id, text, unit_minor, minor)
    select %(biller)s, invoice, 'Visit', minor, minor from bill
"""
CHARGES = """
    insert into charge (id, biller_id, payer_id, uid, trigger, state, debt, priority, run_at, attempt, key, minor, currency, method_id,
                        agreement_version_id, chosen_method_id, asked_minor, requested_by, lease_until, sent_at, called_at,
                        settled_at, ref, reason, link, created_at)
    select charge, %(biller)s, payer, md5(%(seed)s || ':charge:' || n || ':' || nth)::uuid, trigger, state,
           'visit:' || %(source)s || ':V' || n,
           case trigger when 'pay_now' then 0 else 5 end,
           case when state = 'due' then ("on" + 11)::timestamp at time zone %(zone)s else at end, nth,
           case when state = 'due' then '' else encode(sha256((%(seed)s || ':key:' || n || ':' || nth)::bytea), 'hex') end,
           case when state <> 'due' then minor end, 'USD', case when state <> 'due' then method end,
           case when state <> 'due' then version end,
           case when trigger = 'pay_now' then method end, case when trigger = 'pay_now' then minor end,
           case trigger when 'pay_now' then 'payer' else 'autopay' end, case when state = 'sending' then %(never)s::timestamptz end,
           case when state <> 'due' then at end, case when state <> 'due' then %(never)s::timestamptz end,
           case when state in ('paid', 'failed', 'returned') then at + interval '2 seconds' end,
           case when state in ('paid', 'pending', 'returned', 'failed', 'needs_payer')
                then 'pi_world' || n || '_' || nth else '' end,
           reason,
           case when state = 'needs_payer' then 'https://localhost/confirm' else '' end, at
    from attempt
"""
PARTS = """
    insert into charge_part (id, biller_id, charge_id, invoice_id, minor, live)
    select part, %(biller)s, charge, invoice, case when state <> 'due' then minor end,
           state in ('due', 'sending', 'needs_payer', 'unknown', 'pending') from attempt
"""
PAID_ELSEWHERE = """
    with kept as (
        insert into elsewhere (biller_id, invoice_id, minor, how, received_on, source, external_id)
        select %(biller)s, invoice, minor, (array['check', 'cash', 'phone'])[1 + r %% 3], day, %(source)s, 'E' || n
        from bill where ends = 'elsewhere'
        returning id, invoice_id)
    insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
    select %(biller)s, 'elsewhere', 'receivable', b.minor, 'USD', 'elsewhere', 'elsewhere:' || k.id, b.payer, b.invoice, b.day
    from kept k join bill b on b.invoice = k.invoice_id
"""
REFUNDS = """
    with sent as (
        insert into refund (biller_id, charge_id, invoice_id, uid, minor, state, requested_by, key, ref, sent_at, run_at, created_at)
        select %(biller)s, charge, invoice, md5(%(seed)s || ':refund:' || n)::uuid, case when r %% 2 = 0 then minor else 2000 end,
               'done', 'cli', encode(sha256((%(seed)s || ':refund:' || n)::bytea), 'hex'), 're_world' || n, at, at, at
        from attempt where ends = 'refunded'
        returning id, invoice_id, minor, sent_at),
    noted as (
        insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
        select %(biller)s, sent_at, 'processor', 'refund done', 'refund', id, jsonb_build_object('minor', minor) from sent)
    insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
    select %(biller)s, 'refunded', 'processor', s.minor, 'USD', 'refunded', 'refund:' || s.id, b.payer, b.invoice, b.day
    from sent s join bill b on b.invoice = s.invoice_id
"""
BOOKED = """
    insert into ledger_transfer (biller_id, debit, credit, minor, currency, kind, source, payer_id, invoice_id, "on")
    select %(biller)s, 'receivable', 'revenue', minor, 'USD', 'issued', 'invoice:' || invoice, payer, invoice, "on" from bill
    union all
    select %(biller)s, 'processor', 'receivable', minor, 'USD', 'captured', 'charge_part:' || part, payer, invoice,
           case state when 'returned' then "on" else booked end
    from attempt where state in ('paid', 'returned')
    union all
    select %(biller)s, 'receivable', 'processor', minor, 'USD', 'returned', 'charge_part:' || part, payer, invoice, booked
    from attempt where state = 'returned'
    union all
    select %(biller)s, 'revenue', 'receivable', minor, 'USD', 'voided', 'invoice:' || invoice, payer, invoice, day
    from bill where ends = 'void'
"""
NOTED = """
    insert into journal_entry (biller_id, at, actor, action, object, object_id, data)
    select %(biller)s, at, actor, action, object, id, data from (
        select n, 0 as nth, issued_at as at, 'autopay' as actor, 'invoice issued' as action, 'invoice' as object, invoice as id,
               jsonb_build_object('number', 1000 + n, 'minor', minor) as data from bill
        union all
        select n, nth, at, 'processor', 'charge ' || state, 'charge', charge,
               jsonb_build_object('minor', minor, 'reason', reason, 'trigger', trigger, 'ref', 'pi_world' || n || '_' || nth)
        from attempt where state in ('paid', 'failed', 'returned', 'pending', 'needs_payer')
        union all
        select n, 9, ended_at, 'cli', 'invoice voided', 'invoice', invoice, '{}' from bill where ends = 'void'
        union all
        select n, 9, ended_at, 'cli', 'payment recorded', 'invoice', invoice, jsonb_build_object('minor', minor)
        from bill where ends = 'elsewhere'
    ) deed order by n, nth
"""
NUMBERED = "update invoice_counter set next = 1001 + %(last_n)s where biller_id = %(biller)s"
STEPS = (VISITS, INVOICES, LINES, CHARGES, PARTS, PAID_ELSEWHERE, REFUNDS, BOOKED, NOTED)


def add_visits(tx: Tx, numbers: range, known: dict[str, object]) -> int:
    """The visits with these numbers; `known` are the parameters of the statements. Returns how many rows were written."""
    known = known | {"first_n": numbers.start, "last_n": numbers.stop - 1}
    for drawn in (BILLS, "analyze bill", ATTEMPTS, "analyze attempt"):
        tx.run(drawn, **known)
    written = sum(tx.run(step, **known) for step in STEPS)
    tx.run(NUMBERED, **known)
    return written
