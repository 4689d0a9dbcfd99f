"""Completed visits, a batch at a time: taken in, changed where that is still legal, invoiced, and what happened to their bills since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autopay.charging.adjust import adjust
from autopay.charging.issue import issue_visits
from autopay.database import Tx
from autopay.interop.apply.known import Known, Target, recall, remember
from autopay.interop.apply.patients import UNKNOWN_PATIENT, find_patients
from autopay.interop.apply.savepoint import savepoint
from autopay.interop.apply.verdict import Sorted, Verdict
from autopay.interop.records import Identity, Kind, Unfit, Visit, fingerprint
from autopay.interop.stage import Place, Stage
from autopay.interop.tally import Tally
from autopay.refusal import Refusal

VISITS = """
    select n.ord, v.id, v.payer_id as payer, v."on", v.minor, i.id as invoice, i.voided_at is not null as voided
    from unnest(%(sources)s::text[], %(ids)s::text[]) with ordinality as n (source, external_id, ord)
    cross join lateral (
        select id, payer_id, "on", minor from visit
        where biller_id = %(biller)s and source = n.source and external_id = n.external_id limit 1) v
    left join lateral (select id, voided_at from invoice where visit_id = v.id limit 1) i on true
"""
INSERT = """
    insert into visit (biller_id, payer_id, "on", minor, source, external_id, completed_at)
    select %(biller)s, payer, day, minor, source, external_id, %(now)s
    from unnest(%(payers)s::bigint[], %(days)s::date[], %(minors)s::bigint[], %(sources)s::text[], %(ids)s::text[])
         as n (payer, day, minor, source, external_id)
    returning id, source, external_id
"""
UPDATE = 'update visit set payer_id = %(payer)s, "on" = %(day)s, minor = %(minor)s where id = %(id)s'
Batch = Sequence[tuple[Visit, Place]]


def take_visits(tx: Tx, target: Target, stage: Stage, batch: Batch) -> Tally:
    """Visits on or after `since` are invoiced, changed or not, unless they were before; one NOTIFY for all of them."""
    identities = [visit.identity for visit, _ in batch]
    known, rows = recall(tx, target, Kind.VISIT, identities), find_visits(tx, target, identities)
    payers = find_patients(tx, target.biller, target.source, [(visit.patient, visit.patient_ref) for visit, _ in batch])
    sorted_out, payer_of = Sorted(Kind.VISIT, stage), dict(zip(identities, payers, strict=True))
    for visit, place in batch:
        verdict = judge(visit, known.get(visit.identity), rows.get(visit.identity), payer_of[visit.identity])
        if verdict is Verdict.CHANGED:
            verdict = _change(tx, target, visit, rows[visit.identity], payer_of[visit.identity])
        sorted_out.put(visit, place, verdict)
    new, changed = sorted_out.of(Verdict.NEW), sorted_out.of(Verdict.CHANGED)
    ids = {identity: int(row["id"]) for identity, row in rows.items()} | _insert(tx, target, new, payer_of)
    _remember(tx, target, [*new, *changed], ids)
    if target.since:
        _invoice(tx, target, [ids[visit.identity] for visit in sorted_out.all() if visit.on >= target.since], sorted_out.tally)
    return sorted_out.tally


def judge(visit: Visit, known: Known | None, row: Mapping[str, Any] | None, payer: int | None) -> Verdict | Unfit:
    """What may be done with a visit as it stands in our books. Pure."""
    if row and known and known.fingerprint == fingerprint(visit):
        return Verdict.UNCHANGED
    if payer is None:
        return Unfit(UNKNOWN_PATIENT)
    if row is None:
        return Verdict.NEW
    minor = row["minor"] if visit.minor is None else visit.minor
    if (row["payer"], row["on"], row["minor"]) == (payer, visit.on, minor):
        return Verdict.UNCHANGED
    if row["invoice"] and row["payer"] != payer:
        return Unfit("was invoiced to another patient; void that bill, and give the visit a new identifier")
    if row["voided"] and row["minor"] != minor:
        return Unfit("has another amount now, but its bill was taken back")
    return Verdict.CHANGED


def find_visits(tx: Tx, target: Target, identities: Sequence[Identity]) -> dict[Identity, dict[str, Any]]:
    """Our rows of these visits, with the invoice of each."""
    sources, ids = [each.source for each in identities], [each.external_id for each in identities]
    rows = tx.all(dict[str, Any], VISITS, biller=target.biller, sources=sources, ids=ids)
    return {identities[row["ord"] - 1]: row for row in rows}


def _change(tx: Tx, target: Target, visit: Visit, row: Mapping[str, Any], payer: int | None) -> Verdict | Unfit:
    """An invoiced visit's amount goes through its bill, which is refused while money is on its way for it (V36)."""
    minor = row["minor"] if visit.minor is None else visit.minor
    try:
        with savepoint(tx):
            if row["invoice"] and row["minor"] != minor:
                adjust(tx, target.biller, row["invoice"], minor, target.by)
            tx.run(UPDATE, id=row["id"], payer=payer, day=visit.on, minor=minor)
    except Refusal as refusal:
        return Unfit(refusal.text)
    return Verdict.CHANGED


def _insert(tx: Tx, target: Target, visits: Sequence[Visit], payer_of: Mapping[Identity, int | None]) -> dict[Identity, int]:
    if not visits:
        return {}
    rows = tx.all(
        dict[str, Any],
        INSERT,
        biller=target.biller,
        now=target.by.at,
        payers=[payer_of[visit.identity] for visit in visits],
        days=[visit.on for visit in visits],
        minors=[visit.minor or 0 for visit in visits],
        sources=[visit.identity.source for visit in visits],
        ids=[visit.identity.external_id for visit in visits],
    )
    return {Identity(row["source"], row["external_id"]): row["id"] for row in rows}


def _remember(tx: Tx, target: Target, visits: Sequence[Visit], ids: Mapping[Identity, int]) -> None:
    remember(tx, target, Kind.VISIT, [(visit.identity, fingerprint(visit), ids[visit.identity]) for visit in visits])


def _invoice(tx: Tx, target: Target, visits: Sequence[int], tally: Tally) -> None:
    if visits:
        issued = issue_visits(tx, target.biller, visits, target.by)
        tally.invoices += len(issued.invoices)
        tally.decided.update(issued.decided)
