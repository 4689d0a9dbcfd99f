"""The judge. It has books of its own: the processor's movements, what people asked for and when it held, every request and mail that left.
It imports nothing of the product; what our tables say it reads as plain rows, to compare.

Each rule is named after the invariant it proves (docs/proof.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from autopay_proof.history import History, Sent

CREATE, REFUND = "post /v1/payment_intents", "post /v1/refunds"
FOR_GOOD = ("account_closed", "no_account", "not_authorized", "method_gone")
TEN_FULL_DAYS = timedelta(days=11)
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Owner:
    """Of a saved token. `announced`: a consumer's debit, above `range_minor` announced before it is charged (E6)."""

    payer: int
    announced: bool = False
    range_minor: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """`payments` and `requests` are the processor's book; the rest are rows of ours. Amounts in minor units."""

    agency: int
    payments: Rows
    charges: Rows
    """id, uid, payer, state, minor, refunded (of it, sent back), reason, settled_at, token."""
    invoices: Rows
    """payer, total, captured, returned, refunded, elsewhere, voided."""
    ledger: int
    """What our ledger says the processor holds for us."""
    owners: Mapping[str, Owner]
    """By token."""
    defaults: Mapping[int, str]
    """Each payer's default when the history began."""
    requests: Rows = ()
    """path, key, status, facts."""
    inbox: frozenset[str] = frozenset()
    """Messages we have stored."""
    mails: Rows = ()
    """on (local date), to (payer), text."""
    accounts: frozenset[int] = frozenset()
    """Payers that are practices: taking the enrolled method out of the wallet ends their enrollment."""
    local: Any = None
    """An instant's local date."""
    told: frozenset[str] = frozenset()
    """The processor's payments about which a difference is open: a person was told."""
    keys: frozenset[str] = frozenset()
    """That a committed row of ours had, once."""


def audit(history: History, books: Books) -> list[str]:
    """Everything that is wrong, in words; empty if nothing is."""
    return [
        *_once(books),
        *_allowed(history, books),
        *_named(history, books),
        *_agree(books),
        *_refunds(books),
        *_sent_well(history, books),
        *_no_second_try(history, books),
        *_announced(history, books),
        *(
            f"M7: message {each} was answered with yes and is not stored"
            for each in history.acknowledged
            if each not in books.inbox
        ),
    ]


def _once(books: Books) -> Iterable[str]:
    """I1, I9: a charge is captured at most once, and nobody pays more than was invoiced to them."""
    captures = Counter[str]()
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


@dataclass
class Standing:
    """What people had settled about one payer at one moment, in the order of commits."""

    switch: str = "on"
    company: bool = False
    default: str | None = None
    cap: int | None = None
    approved: bool = False


@dataclass
class _Told:
    history: History
    books: Books
    known: dict[tuple[int, int], Standing] = field(default_factory=dict)

    def standing(self, payer: int, step: int) -> Standing:
        found = Standing(default=self.books.defaults.get(payer))
        for wish in self.history.before(step):
            match wish.what, wish.about, wish.value:
                case "company", self.books.agency, on:
                    found.company = on
                case "switch", who, to if who == payer:
                    found.switch = to
                    found.cap, found.approved = None, False
                case "default", who, token if who == payer:
                    found.default = token
                case "enrolled", who, (token, cap) if who == payer:
                    found.switch, found.default, found.cap, found.approved = "on", token, cap, False
                case "approve", who, _ if who == payer:
                    found.approved = True
                case "removed", who, token if who == payer and token == found.default:
                    found.default = None
                    if payer in self.books.accounts and found.switch == "on":
                        found.switch = "off"
        return found


def _automatic(history: History) -> Iterable[Sent]:
    return (each for each in history.sent if each.call.what == CREATE and each.call.form.get("off_session") == "true")


def _allowed(history: History, books: Books) -> Iterable[str]:
    """I2 to I5, I10: when its claim was committed, auto-pay was on for this payer, this was their default, and it was under their limit."""
    told = _Told(history, books)
    for sent in _automatic(history):
        token = sent.call.form["payment_method"]
        owner = books.owners.get(token)
        if owner is None:
            yield f"I3: step {sent.at} charges a card of nobody"
            continue
        now = told.standing(owner.payer, sent.claimed)
        who = f"payer {owner.payer}"
        follows = now.switch == "follow" and now.company and owner.payer not in books.accounts
        if not (now.switch == "on" or follows):
            yield f"I2: step {sent.at} charges {who} whose auto-pay was {now.switch} (company {now.company}) at step {sent.claimed}"
        if token != now.default:
            yield f"I4: step {sent.at} charges {token} of {who}, whose default was {now.default}"
        if now.cap is not None and not now.approved and int(sent.call.form["amount"]) > now.cap:
            yield f"I10: step {sent.at} charges {who} {sent.call.form['amount']}, above their limit of {now.cap}"


def _named(history: History, books: Books) -> Iterable[str]:
    """L3: who switched off was told of every charge that left, or had been claimed, before and was not over."""
    ids = {charge["uid"]: charge["id"] for charge in books.charges}
    for fact in history.facts:
        if fact.wish.what != "switch" or fact.wish.value != "off" or fact.answered is None:
            continue
        told = {each.id for each in fact.told}
        for sent in _automatic(history):
            owner = books.owners.get(sent.call.form["payment_method"])
            later = sent.at > fact.since and sent.claimed < fact.since
            if later and owner and owner.payer == fact.wish.about:
                charge = ids.get(sent.call.form["metadata[charge]"])
                if charge not in told:
                    yield f"L3: step {sent.at} sends charge {charge}; who switched off at step {fact.since} was told of {sorted(told)}"


def _agree(books: Books) -> Iterable[str]:
    """I7, I8: what we say was captured and sent back is what the processor's book says, charge by charge and in the ledger.

    A refund that fails after it was done contradicts a final state: nothing is changed, but a person is told (design 3).
    """
    book: dict[str, int] = defaultdict(int)
    kept = 0
    for payment in books.payments:
        book[payment["metadata"].get("charge", "")] += payment["kept"] - payment["refund_failed"]
        kept += payment["kept"] - payment["refund_failed"]
        if payment["refund_failed"] and payment["payment_intent"] not in books.told:
            yield f"I7: a refund of {payment['payment_intent']} failed after it was done, and nobody was told"
    for charge in books.charges:
        ours = (charge["minor"] or 0) - charge["refunded"] if charge["state"] == "paid" else 0
        if ours != book[charge["uid"]]:
            yield f"I7: charge {charge['id']} is {charge['state']}, {ours} by our books and {book[charge['uid']]} by the processor's"
    if books.ledger != kept:
        yield f"I7: the ledger says {books.ledger}, the processor holds {kept}"
    invoices = sum(each["captured"] - each["returned"] - each["refunded"] for each in books.invoices)
    if invoices != kept:
        yield f"I7: the invoices say {invoices}, the processor holds {kept}"


def _refunds(books: Books) -> Iterable[str]:
    for payment in books.payments:
        if payment["refund"] - payment["refund_failed"] > payment["capture"]:
            yield f"I15: {payment['payment_intent']} was refunded {payment['refund']} of {payment['capture']}"


def _sent_well(history: History, books: Books) -> Iterable[str]:
    """Design 4.9 and the key of design 3: no call inside a transaction, nothing that moves money but under a key a row of ours had."""
    for sent in history.sent:
        if sent.call.inside:
            yield f"D9: step {sent.at} calls the processor inside a database transaction"
        charges = (
            "metadata[charge]" in sent.call.form and sent.call.form.get("capture_method") != "manual"
        )  # a hold moves nothing
        moves_money = sent.call.what == REFUND or (sent.call.what == CREATE and charges)
        if moves_money and sent.call.key not in books.keys:
            yield f"D3: step {sent.at} sends {sent.call.what} under a key that no row of ours had"


def _no_second_try(history: History, books: Books) -> Iterable[str]:
    """I11: what was declined is not tried again by itself; an account that a bank has closed to us is not debited again."""
    declined: dict[str, set[str]] = defaultdict(set)
    for request in books.requests:
        if request["path"] == "/v1/payment_intents" and request["status"] == 402:
            declined[(request["facts"].get("metadata") or {}).get("charge", "")].add(str(request["key"]))
    for charge, keys in declined.items():
        if charge and len(keys) > 1:
            yield f"I11: charge {charge} was declined and tried again"
    ended: dict[str, Any] = {}
    for each in books.charges:
        if each["state"] == "returned" and each["reason"] in FOR_GOOD:
            ended[each["token"]] = min(each["settled_at"], ended.get(each["token"], each["settled_at"]))  # the first was enough
    for sent in _automatic(history):
        since = ended.get(sent.call.form["payment_method"])
        if since and sent.when and sent.when > since:
            yield f"I11: step {sent.at} debits an account again that was closed to us"


def _announced(history: History, books: Books) -> Iterable[str]:
    """E6, I14: a consumer's debit above what they agreed to was announced, with its amount, ten full days before."""
    for sent in _automatic(history):
        owner, minor = books.owners.get(sent.call.form["payment_method"]), int(sent.call.form["amount"])
        if owner is None or not owner.announced or minor <= owner.range_minor:
            continue
        today: date = books.local(sent.when)
        amount = f"${minor / 100:,.2f}"
        in_time = (each for each in books.mails if each["to"] == owner.payer and each["on"] + TEN_FULL_DAYS <= today)
        if not any(amount in each["text"] for each in in_time):
            yield f"E6: step {sent.at} debits {amount} of payer {owner.payer} on {today}; nobody told them ten days before"
