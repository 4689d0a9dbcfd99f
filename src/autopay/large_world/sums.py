"""Does the large world add up? The sums the product's own checks and the database's constraints rest on, over one biller's rows."""

from __future__ import annotations

from autopay.database import Database

# Each counts rows that contradict another table; all must be 0.
CHECKS = {
    "an invoice's sums are not what the ledger booked for it": """
        select count(*) from invoice i left join (
            select invoice_id, sum(minor) filter (where kind = 'captured') as captured,
                sum(minor) filter (where kind = 'returned') as returned,
                   sum(minor) filter (where kind = 'refunded') as refunded, sum(minor) filter (where kind = 'elsewhere') as elsewhere,
                   sum(minor) filter (where kind = 'issued') as issued, sum(minor) filter (where kind = 'voided') as voided
            from ledger_transfer where biller_id = %(biller)s group by 1) t on t.invoice_id = i.id
        where i.biller_id = %(biller)s and (
            (i.captured, i.returned, i.refunded, i.elsewhere, i.total)
                is distinct from (coalesce(t.captured, 0), coalesce(t.returned, 0), coalesce(t.refunded, 0), coalesce(t.elsewhere,
                    0), t.issued)
            or (i.voided_at is not null) <> (coalesce(t.voided, 0) > 0))""",
    "an invoice's captured is not what its charges took": """
        select count(*) from invoice i left join (
            select p.invoice_id, sum(p.minor) as minor from charge_part p join charge c on c.id = p.charge_id
            where p.biller_id = %(biller)s and c.state in ('paid', 'returned') group by 1) taken on taken.invoice_id = i.id
        where i.biller_id = %(biller)s and i.captured <> coalesce(taken.minor, 0)""",
    "an invoice is not the sum of its lines": """
        select count(*) from invoice i left join (
            select invoice_id, sum(minor) as minor from invoice_line where biller_id = %(biller)s group by 1) l on l.invoice_id = i.id
        where i.biller_id = %(biller)s and l.minor is distinct from i.total""",
    "an invoice is not its visit's": """
        select count(*) from invoice i join visit v on v.id = i.visit_id
        where i.biller_id = %(biller)s and (v.minor, v.payer_id) <> (i.total, i.payer_id)""",
    "a part is live and its charge is not, or the other way round": """
        select count(*) from charge_part p join charge c on c.id = p.charge_id where p.biller_id = %(biller)s
          and p.live <> (c.state in ('due', 'sending', 'needs_payer', 'unknown', 'pending'))""",
    "a charge names another payer's method, agreement or invoice": """
        select count(*) from charge c join charge_part p on p.charge_id = c.id join invoice i on i.id = p.invoice_id
        left join method m on m.id = c.method_id left join agreement_version v on v.id = c.agreement_version_id
        where c.biller_id = %(biller)s
          and (i.payer_id <> c.payer_id or m.payer_id <> c.payer_id or v.payer_id <> c.payer_id or c.debt <> i.debt)""",
    "auto-pay charged somebody whose agreement is not on, or without consent": """
        select count(*) from charge c join agreement_version v on v.id = c.agreement_version_id
        where c.biller_id = %(biller)s and c.trigger = 'on_invoice'
          and (v.switch <> 'on' or not exists (select from consent k where k.method_id = c.method_id))""",
    "a patient's agreement is not its newest version": """
        select count(*) from agreement a left join (
            select distinct on (payer_id) payer_id, version, switch from agreement_version where biller_id = %(biller)s
            order by payer_id, version desc) v using (payer_id)
        where a.biller_id = %(biller)s and (a.version, a.switch) is distinct from (v.version, v.switch)""",
    "a charge that ended is not in the journal once": """
        select count(*) from charge c left join (
            select object_id, count(*) as n from journal_entry where biller_id = %(biller)s
                and object = 'charge' group by 1) e on e.object_id = c.id
        where c.biller_id = %(biller)s and c.state in ('paid', 'failed', 'returned') and e.n is distinct from 1""",
    "an invoice's number is used up": """
        select count(*) from invoice_counter n where biller_id = %(biller)s
          and next <= (select max(number) from invoice where biller_id = %(biller)s)""",
}


def contradictions(db: Database, biller: int) -> dict[str, int]:
    """What does not add up, and how often; empty if all does."""
    with db.transaction() as tx:
        found = {says: int(tx.value(sql, biller=biller)) for says, sql in CHECKS.items()}
    return {says: count for says, count in found.items() if count}
