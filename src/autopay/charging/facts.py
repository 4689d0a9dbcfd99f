"""What the decisions are asked about, read from the database in one statement, by the thousand."""

from __future__ import annotations

from collections.abc import Sequence

from autopay.charging.on_invoice import Facts
from autopay.database import Tx

FACTS = """
    select i.id as invoice, i.biller_id as biller, i.payer_id as payer, i.debt, i.currency, b.zone,
           case when i.voided_at is null then i.total - i.captured + i.returned - i.elsewhere else 0 end as open,
           i.blocked <> '' as blocked, pa.connected is true as connected, (select not sending_allowed()) as quarantined,
           a.switch, company."on" as company_on, v.id as version, i.issued_at >= a.since as covered,
           a.cap_minor, i.approved_minor,
           m.id as method, m.verified is true as verified, consent.id is not null as consented,
           not p.business and m.funding is distinct from 'credit' as needs_notice, consent.range_minor, i.noticed_on
    from invoice i
    join biller b on b.id = i.biller_id
    join payer p on p.id = i.payer_id
    join agreement a on a.payer_id = i.payer_id
    join agreement_version v on v.payer_id = a.payer_id and v.version = a.version
    join company_switch company on company.biller_id = i.biller_id
    left join processor_account pa on pa.biller_id = i.biller_id
    left join method m on m.payer_id = i.payer_id and m.is_default
    left join lateral (
        select c.id, c.range_minor from consent c
        where c.method_id = m.id and not exists (select from consent_end e where e.consent_id = c.id)
        order by c.id desc limit 1) consent on true
    where i.id = any(%(invoices)s::bigint[])
    order by i.payer_id, i.id
"""


def gather(tx: Tx, invoices: Sequence[int]) -> list[Facts]:
    """One row of facts per invoice, ordered by payer and age. Under lock at the claim, without for plans and screens."""
    return tx.all(Facts, FACTS, invoices=list(invoices))
