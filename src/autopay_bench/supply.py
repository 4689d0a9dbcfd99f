"""What a bench begins with: an agency whose patients have auto-pay on, a default credit card and a consent; visits, invoiced by the product.

People are written set by set, as `autopay load-world` does; from the visit on everything is done by the product's own verbs.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from autopay.agreements.terms import publish
from autopay.charging.issue import issue_visits
from autopay.database import Database, Tx
from autopay.journal.write import By
from autopay.parties.create import NewBiller, create_biller
from autopay.processors.accounts import Keys, connect

ZONE = "America/New_York"
STEP = 5_000
PEOPLE = """
    with person as (
        insert into payer (biller_id, kind, name, sort_key, email, source, external_id, created_at, {more})
        select %(biller)s, %(kind)s, 'Payer ' || n, lpad(n::text, 9, '0'), 'p' || n || '@bench.test', 'bench', 'P' || n, %(since)s, {values}
        from generate_series(%(first)s::bigint, %(last)s::bigint) n
        returning id, uid),
    agreed as (
        insert into agreement (biller_id, payer_id, switch, version, since, changed_by)
        select %(biller)s, id, 'on', 1, %(since)s, 'cli' from person),
    versioned as (
        insert into agreement_version (biller_id, payer_id, version, switch, at, by)
        select %(biller)s, id, 1, 'on', %(since)s, 'cli' from person),
    kept as (
        insert into wallet (biller_id, payer_id, customer) select %(biller)s, id, 'cus_' || id from person),
    card as (
        insert into method (biller_id, payer_id, state, kind, token, customer, brand, last4, exp_month, exp_year, funding, verified,
                            is_default, created_at)
        select %(biller)s, id, 'usable', 'card', 'pm_' || id, 'cus_' || id, 'visa', '4242', 12, 2040, 'credit', true, true, %(since)s
        from person returning id, payer_id)
    insert into consent (biller_id, payer_id, method_id, terms_id, text, sha256, channel, artefact, signed_by, at)
    select %(biller)s, c.payer_id, c.id, t.id, t.text, t.sha256, 'online', '', 'Payer', %(since)s
    from card c join terms t on t.biller_id = %(biller)s and t.language = 'en' and t.kind = %(terms)s
"""
VISITS = """
    insert into visit (biller_id, payer_id, "on", minor, source, external_id, completed_at)
    select %(biller)s, p.id, %(today)s, 1000 + p.id %% 9000, 'bench', %(batch)s || '-' || p.id, %(now)s
    from payer p where p.biller_id = %(biller)s order by p.id offset %(offset)s limit %(limit)s
    returning id
"""


def agency(db: Database, base: str, secret: bytes, now: datetime) -> int:
    """With a connected processor account at `base`."""
    return _biller(db, NewBiller("agency", "Bench Home Care", "Bench", ZONE, "(212) 555-0100", "b@bench.test"), base, secret, now)


def vendor(db: Database, base: str, secret: bytes, now: datetime) -> int:
    return _biller(
        db, NewBiller("vendor", "Bench Clearing House", "Bench", ZONE, "(212) 555-0100", "b@bench.test"), base, secret, now
    )


def _biller(db: Database, new: NewBiller, base: str, secret: bytes, now: datetime) -> int:
    with db.transaction() as tx:
        biller = create_biller(tx, new, By("cli", now))
        publish(tx, biller)
        connect(tx, biller, Keys(base, f"pk_test_b{biller}", f"sk_test_b{biller}", f"whsec_b{biller}"), secret)
    return biller


def patients(db: Database, biller: int, number: int, now: datetime) -> None:
    _people(db, number, PEOPLE.format(more="business", values="false"), _known(biller, now, "patient", "visit_card"))


def accounts(db: Database, biller: int, number: int, now: datetime, bill_day: int) -> None:
    """Practices that are all billed on this day of the month."""
    people = PEOPLE.format(more="business, bill_day", values="true, %(day)s")
    _people(db, number, people, _known(biller, now, "account", "account_card") | {"day": bill_day})


def _known(biller: int, now: datetime, kind: str, terms: str) -> dict[str, object]:
    return {"biller": biller, "since": now - timedelta(days=30), "kind": kind, "terms": terms}


def _people(db: Database, number: int, people: str, known: dict[str, object]) -> None:
    for first in range(1, number + 1, STEP):
        with db.transaction() as tx:
            tx.run(people, first=first, last=min(first + STEP - 1, number), **known)


def visits(tx: Tx, biller: int, now: datetime, batch: str, offset: int, limit: int) -> list[int]:
    """Completed, one each for these patients; not invoiced yet."""
    return tx.column(VISITS, biller=biller, now=now, today=now.date(), batch=batch, offset=offset, limit=limit)


def due_charges(db: Database, biller: int, number: int, patients: int, now: datetime) -> None:
    """Visits, completed and invoiced by the product, each with its due charge."""
    step = min(STEP, patients)
    for nth, first in enumerate(range(0, number, step)):
        with db.transaction(biller) as tx:
            done = visits(tx, biller, now, f"v{nth}", first % patients, min(step, number - first))
            issue_visits(tx, biller, done, By("cli", now))
