"""The judge. It has books of its own: the processor's movements, what people asked for and when it held, and every request that left. It
imports nothing of the product; what our tables say it reads as plain rows, to compare.

Each rule is named after the invariant it proves (docs/proof.md): I1 captured once, I2 nothing after a cancel, I3 to I5 by whose leave and with
which card, I7 the books agree, I15 refunds, L3 the answer to a cancellation names what is on its way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autopay_proof.history import History, Sent

CREATE = "post /v1/payment_intents"
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Books:
    """`payments` is the processor's book; the rest are rows of ours. Amounts in minor units."""

    biller: int
    payments: Rows
    charges: Rows
    """id, uid, payer, state, minor, refunded (of it, sent back)."""
    invoices: Rows
    """payer, total, captured, returned, refunded, elsewhere, voided."""
    ledger: int
    """What our ledger says the processor holds for us."""
    owners: Mapping[str, int]
    """Payer by token of a saved card."""
    defaults: Mapping[int, str]
    """Each payer's default when the history began."""


def audit(history: History, books: Books) -> list[str]:
    """Everything that is wrong, in words; empty if nothing is."""
    return [
        *_once(books),
        *_allowed(history, books),
        *_named(history, books),
        *_agree(books),
        *_refunds(books),
    ]


def _once(books: Books) -> Iterable[str]:
    """I1, I9: a charge is captured at most once, and nobody pays more than was invoiced to them."""
    captures: dict[str, int] = defaultdict(int)
    for payment in books.payments:
        captures[payment["metadata"].get("charge", "")] += payment["captures"]
    for charge, number in captures.items():
        if number > 1:
            yield f"I1: charge {charge} was captured {number} times"
    of = {charge["uid"]: charge["payer"] for charge in books.charges}
    kept: dict[int, int] = defaultdict(int)
    for payment in books.payments:
        if payment["captures"]:
            payer = of.get(payment["metadata"].get("charge", ""))
            if payer is None:
                yield f"I1: {payment['payment_intent']} was captured and no charge of ours knows it"
            else:
                kept[payer] += payment["kept"]
    for payer, minor in kept.items():
        invoiced = sum(each["total"] for each in books.invoices if each["payer"] == payer and not each["voided"])
        elsewhere = sum(each["elsewhere"] for each in books.invoices if each["payer"] == payer)
        if minor > invoiced - elsewhere:
            yield f"I1: payer {payer} paid {minor} of {invoiced} invoiced, {elsewhere} of it elsewhere"


def _automatic(history: History) -> Iterable[Sent]:
    return (each for each in history.sent if each.call.what == CREATE and each.call.form.get("off_session") == "true")


def _allowed(history: History, books: Books) -> Iterable[str]:
    """I2, I3, I4, I5: when its claim was committed, auto-pay was on for this payer and this was their default card."""
    for sent in _automatic(history):
        token = sent.call.form["payment_method"]
        payer = books.owners.get(token)
        if payer is None:
            yield f"I3: step {sent.at} charges a card of nobody"
            continue
        switch = history.value("switch", payer, sent.claimed, "on")
        company = history.value("company", books.biller, sent.claimed, False)
        if not (switch == "on" or (switch == "follow" and company)):
            yield f"I2: step {sent.at} charges payer {payer} whose auto-pay was {switch} (company {company}) at step {sent.claimed}"
        default = history.value("default", payer, sent.claimed, books.defaults.get(payer))
        if token != default:
            yield f"I4: step {sent.at} charges {token} of payer {payer}, whose default was {default}"


def _named(history: History, books: Books) -> Iterable[str]:
    """L3: who switched off was told of every charge that left, or had been claimed, before and was not over."""
    ids = {charge["uid"]: charge["id"] for charge in books.charges}
    for fact in history.facts:
        if fact.wish.what != "switch" or fact.wish.value != "off" or fact.answered is None:
            continue
        told = {each.id for each in fact.told}
        for sent in _automatic(history):
            later = sent.at > fact.since and sent.claimed < fact.since
            if later and books.owners.get(sent.call.form["payment_method"]) == fact.wish.about:
                charge = ids.get(sent.call.form["metadata[charge]"])
                if charge not in told:
                    yield f"L3: step {sent.at} sends charge {charge}; who switched off at step {fact.since} was told of {sorted(told)}"


def _agree(books: Books) -> Iterable[str]:
    """I7, I8: what we say was captured and sent back is what the processor's book says, charge by charge and in the ledger."""
    book: dict[str, int] = defaultdict(int)
    for payment in books.payments:
        book[payment["metadata"].get("charge", "")] += payment["kept"]
    for charge in books.charges:
        ours = (charge["minor"] or 0) - charge["refunded"] if charge["state"] == "paid" else 0
        if ours != book[charge["uid"]]:
            yield f"I7: charge {charge['id']} is {charge['state']}, {ours} by our books and {book[charge['uid']]} by the processor's"
    kept = sum(each["kept"] for each in books.payments)
    if books.ledger != kept:
        yield f"I7: the ledger says {books.ledger}, the processor holds {kept}"
    invoices = sum(each["captured"] - each["returned"] - each["refunded"] for each in books.invoices)
    if invoices != kept:
        yield f"I7: the invoices say {invoices}, the processor holds {kept}"


def _refunds(books: Books) -> Iterable[str]:
    for payment in books.payments:
        if payment["refund"] > payment["capture"]:
            yield f"I15: {payment['payment_intent']} was refunded {payment['refund']} of {payment['capture']}"
