"""What the processor did and restored books forgot: booked by now, or money that nothing of ours explains, for a person to look at."""

from __future__ import annotations

from datetime import datetime

from autopay.charging.charge import LIVE
from autopay.database import Database

_LIVE = "', '".join(sorted(LIVE))

BOOKED = """
    with booked as (
        update forgotten_payment f set resolved_at = %(now)s
        where f.resolved_at is null and (
            (f.kind = 'payment' and exists (select from charge c where c.biller_id = f.biller_id and c.ref = f.ref and c.ref <> ''
                and c.state in ('paid', 'pending', 'needs_payer', 'failed', 'returned')))
            or (f.kind = 'refund' and exists (select from refund r join charge c on c.id = r.charge_id and c.biller_id = f.biller_id
                where c.ref = f.payment and c.ref <> '' and r.ref = f.ref and r.state in ('done', 'failed'))))
        returning f.biller_id, f.ref, f.kind)
    update unmatched_receipt u set resolved_at = %(now)s from booked b
    where u.biller_id = b.biller_id and u.ref = b.ref and u.kind = b.kind and u.resolved_at is null
"""
RECEIPTS = f"""
    with unexplained as (
        select f.biller_id, f.kind, f.ref, f.minor, coalesce(f.charge_id, c.id) as charge_id
        from forgotten_payment f
        left join charge c on c.biller_id = f.biller_id and (
            case when f.kind = 'refund' then c.ref = f.payment and c.ref <> '' else c.uid = nullif(f.charge_uid, '')::uuid end)
        where f.resolved_at is null and f.state in ('done', 'pending') and case f.kind
            when 'payment' then not exists (select from charge l where l.id in (f.charge_id, c.id) and l.state in ('{_LIVE}'))
            else coalesce(c.state not in ('{_LIVE}'), true)  -- first the payment is booked, which a blocked invoice would not let happen
                 and not exists (select from refund r where r.charge_id = c.id and r.ref = f.ref and r.state in ('due', 'sending', 'unknown'))
            end),
    told as (
        insert into unmatched_receipt (biller_id, charge_id, ref, kind, minor)
        select biller_id, charge_id, ref, kind, minor from unexplained on conflict do nothing returning charge_id, kind)
    update invoice i set blocked = format('the processor shows a %%s that our books do not', told.kind)
    from told join charge_part p on p.charge_id = told.charge_id where i.id = p.invoice_id and i.blocked = ''
"""


def explain(db: Database, now: datetime) -> None:
    """Once all that is due was compared. What a charge or refund of ours carries by now is explained. Money of no row that could still become
    it is an unmatched receipt, and blocks the invoices it is about, if they are still there."""
    with db.transaction() as tx:
        if tx.value("select exists (select from forgotten_payment where resolved_at is null)"):
            tx.run(BOOKED, now=now)
            tx.run(RECEIPTS)
