"""What happened to bills elsewhere: payments, adjustments, voids. Each through the verb that staff use, each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autopay.charging.adjust import adjust
from autopay.charging.record_payment import Payment, record
from autopay.charging.void import void_in
from autopay.database import Tx
from autopay.interop.apply.known import Known, Target, recall, remember
from autopay.interop.apply.savepoint import savepoint
from autopay.interop.apply.verdict import Sorted, Verdict
from autopay.interop.apply.visits import find_visits
from autopay.interop.records import FollowUp, Identity, Kind, Unfit, fingerprint
from autopay.interop.stage import Place, Stage
from autopay.interop.tally import Tally
from autopay.refusal import Refusal

INVOICES = """
    select i.number, v.id, i.id as invoice, i.voided_at is not null as voided, i.total as minor
    from invoice i left join visit v on v.id = i.visit_id where i.biller_id = %(biller)s and i.number = any(%(numbers)s::bigint[])
"""
SAID_OTHERWISE = "was taken in before and said something else; correct it with a row that has an identifier of its own"
Bill = Mapping[str, Any]
Batch = Sequence[tuple[FollowUp, Place]]


def take_follow_ups(tx: Tx, target: Target, stage: Stage, batch: Batch) -> Tally:
    """In the order of the files. One that is refused undoes nothing but itself."""
    known = {kind: recall(tx, target, kind, [each.identity for each, _ in batch if each.kind is kind]) for kind in ACTS}
    bills = _bills(tx, target, [each for each, _ in batch])
    sorted_out, taken_back = {kind: Sorted(kind, stage) for kind in ACTS}, 0
    for each, place in batch:
        verdict = _take(tx, target, each, known[each.kind].get(each.identity), bills.get(_key(each)))
        if verdict is Verdict.NEW:
            remember(tx, target, each.kind, [(each.identity, fingerprint(each), None)])
        if each.cancelled:
            taken_back += verdict is not Verdict.UNCHANGED
        if not each.cancelled or verdict is not Verdict.UNCHANGED:
            sorted_out[each.kind].put(each, place, verdict)
    tally = Tally()
    tally.read[Kind.VOID] = taken_back
    for each_kind in sorted_out.values():
        tally.add(each_kind.tally)
    return tally


def _take(tx: Tx, target: Target, each: FollowUp, known: Known | None, bill: Bill | None) -> Verdict | Unfit:
    if known:
        return Verdict.UNCHANGED if known.fingerprint == fingerprint(each) else Unfit(SAID_OTHERWISE)
    if bill is None:
        return Verdict.UNCHANGED if each.cancelled else Unfit("is for a visit or an invoice that is not known")
    try:
        with savepoint(tx):
            return ACTS[each.kind](tx, target, each, bill)
    except Refusal as refusal:
        return Unfit(refusal.text)
    except Unfit as unfit:
        return unfit


def _pay(tx: Tx, target: Target, each: FollowUp, bill: Bill) -> Verdict:
    if bill["invoice"] is None or each.on is None:
        raise Unfit("is for a visit that has no invoice yet; import it with --invoice --since first")
    payment = Payment(each.minor, each.how, each.on, each.identity.external_id, each.identity.source)
    return Verdict.NEW if record(tx, target.biller, bill["invoice"], payment, target.by) else Verdict.UNCHANGED


def _adjust(tx: Tx, target: Target, each: FollowUp, bill: Bill) -> Verdict:
    if bill["voided"]:
        raise Unfit("is for a bill that was taken back")
    if bill["invoice"]:
        adjust(tx, target.biller, bill["invoice"], each.minor, target.by)
    _set_share(tx, bill, each.minor)
    return Verdict.NEW


def _void(tx: Tx, target: Target, each: FollowUp, bill: Bill) -> Verdict:
    """A visit without a bill yet comes to nothing from now on, so that none is made."""
    if bill["voided"] or (bill["invoice"] is None and not bill["minor"]):
        return Verdict.UNCHANGED
    if bill["invoice"]:
        void_in(tx, target.biller, bill["invoice"], target.by)
    else:
        _set_share(tx, bill, 0)
    return Verdict.NEW


def _set_share(tx: Tx, bill: Bill, minor: int) -> None:
    tx.run("update visit set minor = %(minor)s where id = %(visit)s", minor=minor, visit=bill["id"])


def _bills(tx: Tx, target: Target, batch: Sequence[FollowUp]) -> dict[Identity | int | None, Bill]:
    numbers = [each.invoice for each in batch if each.invoice]
    visits = list({each.visit for each in batch if each.visit})
    found: dict[Identity | int | None, Bill] = {
        row["number"]: row for row in tx.all(dict[str, Any], INVOICES, biller=target.biller, numbers=numbers)
    }
    for visit, row in find_visits(tx, target, visits).items():
        found[visit] = row
    return found


def _key(each: FollowUp) -> Identity | int | None:
    return each.visit or each.invoice


ACTS = {Kind.PAYMENT: _pay, Kind.ADJUSTMENT: _adjust, Kind.VOID: _void}
