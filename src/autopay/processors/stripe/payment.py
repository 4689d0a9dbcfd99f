"""One payment at Stripe, to be read from top to bottom: the verbs, what they send, the call, what its answer means.

Two things are elsewhere: the first call opens the client (client.py), and a call that went wrong is read in failure.py.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from typing import TypeVar

from stripe import StripeClient
from stripe.params import PaymentIntentCreateParams

from autopay.money import Money
from autopay.processors.protocol import (
    ChargeRef,
    Declined,
    Initiator,
    Kind,
    MethodRef,
    NeedsPayer,
    Op,
    Outcome,
    Paid,
    Pending,
    Reason,
    Unknown,
)
from autopay.processors.stripe.client import Account, BadId, CalledInTransaction, Opened, OtherLoop, Path, Reply, open_client
from autopay.processors.stripe.failure import Failure, as_outcome, plain_word, read_failure
from autopay.processors.stripe.reasons import reason_in

T = TypeVar("T")
State = Paid | Pending | Declined | NeedsPayer | Unknown
"""What one payment or refund may be said to be, whether we just made it or look it up."""

METHOD_TYPE = {Kind.CARD: "card", Kind.BANK: "us_bank_account"}
_DONE = {Op.CHARGE: ("succeeded", "amount_received"), Op.HOLD: ("requires_capture", "amount_capturable")}
_ACTION_LINKS = {"redirect_to_url": "url", "verify_with_microdeposits": "hosted_verification_url"}


class Payments:
    """Asks a saved method for money. `in_transaction` says whether a database transaction is open: no call then."""

    def __init__(self, account: Account, in_transaction: Callable[[], bool] = lambda: False) -> None:
        self._account = account
        self._stripe = Connection(account, in_transaction)

    async def charge(self, method: MethodRef, amount: Money, *, key: str, ref: ChargeRef) -> Outcome:
        body, read = _payment_body(method, amount, key, ref), partial(read_payment, op=Op.CHARGE, asked=amount)
        return outcome(await self._stripe.post(("payment_intents",), body, read, key))

    async def hold(self, method: MethodRef, amount: Money, *, key: str, ref: ChargeRef) -> Outcome:
        """An authorization (A22). Paid means that the amount is held; it is never captured, only released."""
        body, read = _payment_body(method, amount, key, ref), partial(read_payment, op=Op.HOLD, asked=amount)
        return outcome(await self._stripe.post(("payment_intents",), {**body, "capture_method": "manual"}, read, key))


def outcome(answer: State | Failure) -> Outcome:
    return as_outcome(answer) if isinstance(answer, Failure) else answer


def _payment_body(method: MethodRef, amount: Money, key: str, ref: ChargeRef) -> PaymentIntentCreateParams:
    """Created and confirmed in one call. Stripe derives the network's stored-credential flags from off_session (rule C4).

    A bank debit runs under the mandate the payer agreed to when the account was saved; Stripe finds it by the method.
    Metadata are three opaque values and nothing else (rule H2).
    """
    body: PaymentIntentCreateParams = {
        "amount": amount.minor,
        "currency": amount.currency.lower(),
        "customer": method.customer,
        "payment_method": method.token,
        "payment_method_types": [METHOD_TYPE[method.kind]],
        "confirm": True,
        "metadata": {"charge": ref.charge, "biller": ref.biller, "key": key_hash(key)},
        "expand": ["latest_charge"],
    }
    if ref.initiator is not Initiator.PAYER:
        body["off_session"] = True
    elif ref.return_url:
        body["return_url"] = ref.return_url
    return body


def key_hash(key: str) -> str:
    """Enough of the key to find its payment again; the key itself is never shown back to anyone."""
    return sha256(key.encode()).hexdigest()[:24]


class Connection:
    """Calls to one account, from the event loop of the first. Raises CalledInTransaction and OtherLoop, which are bugs of ours.

    Whatever else goes wrong between sending and having read the answer is a Failure.
    """

    def __init__(self, account: Account, in_transaction: Callable[[], bool]) -> None:
        self._account, self._in_transaction = account, in_transaction
        self._opened: Opened | None = None

    async def post(self, path: Path, body: Mapping[str, object], read: Callable[[Reply], T], key: str = "") -> T | Failure:
        return await self._call("post", path, {**body, "idempotency_key": key} if key else body, read)

    async def get(self, path: Path, query: Mapping[str, object], read: Callable[[Reply], T]) -> T | Failure:
        return await self._call("get", path, query, read)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.session.close()
        self._opened = None

    async def _call(self, verb: str, path: Path, sent: Mapping[str, object], read: Callable[[Reply], T]) -> T | Failure:
        client = self._ready()
        try:
            return read((await client.raw_request_async(verb, _url(path), **sent)).data)
        except Exception as error:
            return read_failure(error)

    def _ready(self) -> StripeClient:
        if self._in_transaction():
            raise CalledInTransaction("the processor was called inside a database transaction: commit first, then call")
        if self._opened is None:
            self._opened = open_client(self._account)
        if self._opened.loop is not asyncio.get_running_loop():
            raise OtherLoop(
                "this processor belongs to another event loop: open one in each loop, and close it before the loop ends"
            )
        return self._opened.client


def _url(path: Path) -> str:
    """Ids come from a browser too: one that is not a plain word could lead to another address."""
    if not all(re.fullmatch(r"\w+", part, re.ASCII) for part in path):
        raise BadId
    return "/v1/" + "/".join(path)


def read_payment(intent: Reply, op: Op = Op.CHARGE, asked: Money | None = None) -> State:
    """`asked` is what we just asked for; an answer about another amount or currency is Unknown.

    So is a status we do not know, never a guess; a reply that lacks a field raises here, and `_call` makes it a Failure.
    """
    amount = Money(intent["amount"], str(intent["currency"]).upper())
    if asked is not None and amount != asked:
        return Unknown(f"amount differs: asked {asked}, answered {amount}")
    done, how_much = _DONE[op]
    if intent["status"] != done:
        return _not_done(intent, amount)
    if intent[how_much] != amount.minor:
        return Unknown(f"amount differs: asked {amount}, moved {Money(intent[how_much], amount.currency)}")
    return Paid(str(intent["id"]), amount, _network_ref(intent))


def _not_done(intent: Reply, amount: Money) -> State:
    match intent["status"]:
        case "processing":
            return Pending(str(intent["id"]), amount)
        case "requires_action":
            return needs_payer(intent)
        case "canceled":
            return Declined(Reason.CANCELLED, str(intent["id"]))
        case "requires_payment_method" if error := intent.get("last_payment_error"):
            return Declined(reason_in(error), str(intent["id"]))
        case status:
            return Unknown(f"payment is {plain_word(status)}")


def needs_payer(intent: Reply) -> NeedsPayer | Unknown:
    action = intent["next_action"]
    links = [action[kind].get(field) for kind, field in _ACTION_LINKS.items() if action.get(kind)]
    if not links or not links[0]:
        return Unknown("the payer is needed, but there is no link to send them to")
    return NeedsPayer(str(intent["id"]), str(links[0]))


def _network_ref(intent: Reply) -> str:
    details = latest_charge(intent).get("payment_method_details") or {}
    return str((details.get("card") or {}).get("network_transaction_id") or "")


def latest_charge(intent: Reply) -> Reply:
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, Mapping) else {}
