"""A due charge that was made already: due -> sending without a call, as it was made. From there the engine's own look-up ends it.

Restored books forgot it; the comparison found it (recognize.py). It is not decided again, because money may have moved: its amount, instant
and attempt are those of the payment, its agreement version the one that held then. Nobody withdraws it or pays it otherwise meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autopay.charging.send import Engine, key
from autopay.database import Tx

# The method is the one chosen or the default; which one it was the processor's payment knows, and nothing is charged by it.
KNOWN = """
    select c.id, b.uid::text as biller, c.debt, c.attempt, f.minor, f.at, m.id as method, v.id as version
    from charge c join forgotten_payment f on f.biller_id = c.biller_id and f.kind = 'payment' and f.ref = c.ref and f.resolved_at is null
    join biller b on b.id = c.biller_id
    join lateral (select m.id from method m where m.payer_id = c.payer_id
                  order by m.id = c.chosen_method_id desc nulls last, m.is_default desc, m.id desc limit 1) m on true
    join lateral (select v.id from agreement_version v where v.payer_id = c.payer_id
                  order by v.at <= f.at desc, case when v.at <= f.at then v.version else -v.version end desc limit 1) v on true
    where c.state = 'due' and c.ref <> '' and (select sending_allowed()) order by c.id limit %(limit)s for update of c skip locked
"""
OPEN = """
    select p.charge_id as charge, p.invoice_id as invoice, i.total - i.captured + i.returned - i.elsewhere as open
    from charge_part p join invoice i on i.id = p.invoice_id where p.charge_id = any(%(ids)s::bigint[]) order by p.charge_id, p.invoice_id
"""
TAKE = """
    with known as (
        select * from unnest(%(ids)s::bigint[], %(keys)s::text[], %(minors)s::bigint[], %(methods)s::bigint[], %(versions)s::bigint[],
                             %(ats)s::timestamptz[]) as x (id, key, minor, method, version, at)),
    parts as (
        update charge_part p set minor = x.minor
        from unnest(%(part_charges)s::bigint[], %(part_invoices)s::bigint[], %(part_minors)s::bigint[]) as x (charge, invoice, minor)
        where p.charge_id = x.charge and p.invoice_id = x.invoice)
    update charge c set state = 'sending', key = x.key, minor = x.minor, method_id = x.method, agreement_version_id = x.version,
           sent_at = x.at, called_at = x.at, lease_until = x.at
    from known x where c.id = x.id
"""


@dataclass(frozen=True, slots=True)
class Known:
    id: int
    biller: str
    debt: str
    attempt: int
    minor: int
    at: datetime
    method: int
    version: int


@dataclass(frozen=True, slots=True)
class Part:
    charge: int
    invoice: int
    open: int


def take_known(tx: Tx, engine: Engine, limit: int) -> int:
    """Returns how many; their leases are over already, so the next look-up asks for them."""
    known = tx.all(Known, KNOWN, limit=limit)
    if not known:
        return 0
    parts = tx.all(Part, OPEN, ids=[each.id for each in known])
    shares = [(each.id, *share) for each in known for share in _shares(each.minor, [p for p in parts if p.charge == each.id])]
    return tx.run(
        TAKE,
        ids=[each.id for each in known],
        keys=[key(engine.secret, each.biller, each.debt, each.attempt) for each in known],
        minors=[each.minor for each in known],
        methods=[each.method for each in known],
        versions=[each.version for each in known],
        ats=[each.at for each in known],
        part_charges=[share[0] for share in shares],
        part_invoices=[share[1] for share in shares],
        part_minors=[share[2] for share in shares],
    )


def _shares(minor: int, parts: list[Part]) -> list[tuple[int, int]]:
    """(invoice, minor), oldest first. What is left over stays on the last: no invoice takes more than its total, so a person looks at it."""
    shares = []
    for part in parts:
        share = minor if part is parts[-1] else min(minor, max(part.open, 0))
        minor -= share
        if share:
            shares.append((part.invoice, share))
    return shares
