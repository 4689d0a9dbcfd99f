"""The judge of a restore. It has the processor's book, and rows of both books: those that were lost and those that were restored and went on.

It imports nothing of the product. Each rule is named after what it proves (docs/proof.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autopay_proof.history import Sent

CREATE = "post /v1/payment_intents"
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Ours:
    """Rows of one of the two books. Amounts in minor units."""

    parts: Rows
    """Of every charge that was sent: charge (uid), debt, minor, total (of the debt's invoice)."""
    charges: Rows
    """uid, state, ref, minor."""
    refunds: Rows
    """uid, payment (ref), ref, minor, state."""
    receipts: Rows = ()
    """Open ones: kind, ref, minor."""
    ledger: int = 0


@dataclass(frozen=True, slots=True)
class Restored:
    """`payments` and `refunds` (payment_intent, amount) are the processor's; `sent` what left while nothing may, and after it."""

    payments: Rows
    lost: Ours
    kept: Ours
    sent_in_quarantine: int
    sent_after: Sequence[Sent] = field(default=())


def audit_restore(books: Restored) -> list[str]:
    """Everything that is wrong, in words; empty if nothing is."""
    return [*_nothing_left(books), *_once(books), *_no_second_try(books), *_refunds(books), *_explained(books), *_agree(books)]


def _nothing_left(books: Restored) -> Iterable[str]:
    if books.sent_in_quarantine:
        yield f"Q1: {books.sent_in_quarantine} requests left in quarantine"


def _once(books: Restored) -> Iterable[str]:
    """I1 over both books: no debt is captured beyond its total, whichever of them knew of which capture."""
    parts = {(row["charge"], row["debt"]): row for row in (*books.lost.parts, *books.kept.parts)}
    of: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in parts.values():
        of[row["charge"]].append(row)
    captured: dict[str, int] = defaultdict(int)
    for payment in books.payments:
        charge = payment["metadata"].get("charge", "")
        if payment["captures"] > 1:
            yield f"I1: charge {charge} was captured {payment['captures']} times"
        if charge not in of:
            yield f"I1: {payment['payment_intent']} is of charge {charge}, which no book knows"
        for row in of[charge]:
            captured[row["debt"]] += row["minor"]
    totals = {row["debt"]: row["total"] for row in parts.values()}
    for debt, minor in captured.items():
        if minor > totals[debt]:
            yield f"I1: {debt} was captured for {minor} of {totals[debt]}"


def _no_second_try(books: Restored) -> Iterable[str]:
    """V32: what a bank had refused before the restore is not tried again after it."""
    refused = {row["uid"] for row in books.lost.charges if row["state"] == "failed"}
    for sent in books.sent_after:
        if sent.call.what == CREATE and sent.call.form.get("metadata[charge]") in refused:
            yield f"V32: step {sent.at} tries charge {sent.call.form['metadata[charge]']} again"


def _refunds(books: Restored) -> Iterable[str]:
    """I15 over both books: no more is sent back than was asked for."""
    asked: dict[str, int] = defaultdict(int)
    for row in {row["uid"]: row for row in (*books.kept.refunds, *books.lost.refunds)}.values():
        asked[row["payment"]] += row["minor"]
    for payment in books.payments:
        if payment["refund"] > asked[payment["payment_intent"]]:
            yield f"I15: {payment['payment_intent']}: {payment['refund']} sent back, {asked[payment['payment_intent']]} asked for"


def _explained(books: Restored) -> Iterable[str]:
    """Every capture and refund is booked, or is an open receipt for a person; never both, never neither."""
    paid = {row["ref"]: row["minor"] for row in books.kept.charges if row["state"] == "paid"}
    receipts: dict[tuple[str, str], int] = {(row["kind"], row["ref"]): row["minor"] for row in books.kept.receipts}
    done: dict[str, int] = defaultdict(int)
    for row in books.kept.refunds:
        if row["state"] == "done":
            done[row["payment"]] += row["minor"]
    for payment in books.payments:
        ref = payment["payment_intent"]
        ours = (ref in paid) + (("payment", ref) in receipts)
        if payment["capture"] and ours != 1:
            yield f"I7: {ref} is {'booked and a receipt' if ours else 'neither booked nor a receipt'}"
        if ref in paid and paid[ref] != payment["capture"]:
            yield f"I7: {ref} is {paid[ref]} by our books and {payment['capture']} by the processor's"
        if ref in paid and done[ref] > payment["refund"]:
            yield f"I7: {ref}: {done[ref]} refunded by our books, {payment['refund']} by the processor's"
    for ref in paid.keys() - {payment["payment_intent"] for payment in books.payments}:
        yield f"I7: {ref} is paid by our books and unknown to the processor"
    back = sum(payment["refund"] for payment in books.payments)
    told = sum(done.values()) + sum(minor for (kind, _), minor in receipts.items() if kind == "refund")
    if back != told:
        yield f"I7: {back} was sent back; our books and receipts say {told}"


def _agree(books: Restored) -> Iterable[str]:
    """I8: the ledger is what charges and refunds say."""
    paid = sum(row["minor"] for row in books.kept.charges if row["state"] == "paid")
    back = sum(row["minor"] for row in books.kept.refunds if row["state"] == "done")
    if books.kept.ledger != paid - back:
        yield f"I8: the ledger says {books.kept.ledger}, charges and refunds {paid - back}"
