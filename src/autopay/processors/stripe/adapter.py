"""Stripe, as the engine sees it. Each verb: one request body, one call, one reading of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from autopay.money import Money
from autopay.processors.protocol import (
    CannotAsk,
    Capabilities,
    ChargeRef,
    Declined,
    Event,
    Found,
    Kind,
    MethodRef,
    NeedsPayer,
    Op,
    Outcome,
    Reason,
    Refused,
    Returned,
    Ruling,
    SavedMethod,
    Settlement,
    SetupSession,
    Unknown,
)
from autopay.processors.stripe import replies, requests
from autopay.processors.stripe.client import Account, Connection, ask, ask_all
from autopay.processors.stripe.failure import Failure, as_outcome
from autopay.processors.stripe.replies import Reply
from autopay.processors.stripe.settlements import arrives, arriving, read_settlement, transactions_of
from autopay.processors.stripe.webhook import read_event

T = TypeVar("T")


class StripeProcessor:
    """One Stripe account in one event loop. `in_transaction` says whether a database transaction is open: no call then."""

    caps = Capabilities(can_rule_out=True, key_window_seconds=24 * 3600, absence_seconds=15 * 60)

    def __init__(self, account: Account, in_transaction: Callable[[], bool] = lambda: False) -> None:
        self._account = account
        self._stripe = Connection(account, in_transaction)

    async def charge(self, method: MethodRef, amount: Money, *, key: str, ref: ChargeRef) -> Outcome:
        body = requests.charge_body(method, amount, key, ref)
        call = self._stripe.v1.payment_intents.create_async(body, {"idempotency_key": key})
        return _outcome(await ask(call, lambda intent: replies.read_payment(intent, Op.CHARGE, amount)))

    async def hold(self, method: MethodRef, amount: Money, *, key: str, ref: ChargeRef) -> Outcome:
        """Paid means that the amount is held; it is never captured, only released."""
        body = requests.hold_body(method, amount, key, ref)
        call = self._stripe.v1.payment_intents.create_async(body, {"idempotency_key": key})
        return _outcome(await ask(call, lambda intent: replies.read_payment(intent, Op.HOLD, amount)))

    async def refund(self, ref: str, amount: Money, *, key: str) -> Outcome:
        call = self._stripe.v1.refunds.create_async(requests.refund_body(ref, amount, key), {"idempotency_key": key})
        return _outcome(await ask(call, lambda refund: replies.read_refund(refund, amount)))

    async def look_up(self, op: Op, *, key: str, since: datetime, customer: str, ref: str = "") -> Found:
        """A refund's `ref` is the refund if known, else its payment; without either every refund since then is read."""
        if op is Op.REFUND:
            return await self._look_up_refund(key, since, ref)
        if ref:
            return await self._retrieve(ref, op)
        call = self._stripe.v1.payment_intents.list_async(requests.payments_since(since, customer))
        payment = await ask_all(call, lambda all_: replies.pick_payment(filter(_carries(key), all_), op))
        if isinstance(payment, Failure):
            return Unknown(payment.why)
        return await self._retrieve(payment, op) if isinstance(payment, str) else payment

    async def rule_out(self, op: Op, *, key: str, method: MethodRef) -> Ruling:
        """A key belongs to the first request that used it, whatever the endpoint: one harmless request rules out any operation.

        It holds as long as Stripe remembers the key and says nothing of requests older than that: look up first.
        """
        mark = requests.key_hash(key)
        call = self._stripe.v1.payment_intents.create_async(requests.harmless_body(key), {"idempotency_key": key})
        intent = await ask(call, lambda reply: (str(reply["id"]), reply["metadata"].get("ruled_out") == mark))
        if isinstance(intent, Failure):
            used = intent.kind == "idempotency_error" or intent.code == "idempotency_key_in_use"
            return Ruling.USED if used else Ruling.UNKNOWN
        made, is_ours = intent
        if not is_ours:
            return Ruling.USED
        await self.release(made)  # tidiness only: it has no method and cannot be paid
        return Ruling.RULED_OUT

    async def cancel(self, ref: str) -> Found:
        """What Stripe refuses to cancel has come to something else: that is looked up."""
        call = self._stripe.v1.payment_intents.cancel_async(ref, {"expand": ["latest_charge"]})
        found = await ask(call, replies.read_payment)
        if isinstance(found, Failure):
            return await self._retrieve(ref) if found.is_refusal else Unknown(found.why)
        return found

    async def release(self, ref: str) -> bool:
        """Give a hold back. True once it is cancelled, whoever did it."""
        answer = await self.cancel(ref)
        return isinstance(answer, Declined) and answer.reason is Reason.CANCELLED

    async def start_setup(self, *, customer: str, payer: str, kind: Kind, key: str) -> SetupSession | Unknown:
        owner = customer or await self._new_customer(payer, key)
        if isinstance(owner, Failure):
            return Unknown(owner.why)
        call = self._stripe.v1.setup_intents.create_async(requests.setup_body(owner, kind), {"idempotency_key": f"{key}-setup"})
        session = await ask(call, lambda setup: SetupSession(str(setup["id"]), str(setup["client_secret"]), owner))
        return Unknown(session.why) if isinstance(session, Failure) else session

    async def finish_setup(self, setup: str) -> SavedMethod | Refused | NeedsPayer | Unknown:
        call = self._stripe.v1.setup_intents.retrieve_async(setup, {"expand": ["payment_method"]})
        saved = await ask(call, replies.read_setup)
        return _refusal(saved) if isinstance(saved, Failure) else saved

    async def attach(self, token: str, *, customer: str, payer: str, key: str) -> SavedMethod | Refused | Unknown:
        kind = await ask(self._stripe.v1.payment_methods.retrieve_async(token), lambda method: str(method["type"]))
        if isinstance(kind, Failure):
            return _refusal(kind)
        owner = customer or await self._new_customer(payer, key)
        if isinstance(owner, Failure):
            return Unknown(owner.why)
        saved = await (self._attach_card if kind == "card" else self._attach_bank)(token, owner, key)
        return _refusal(saved) if isinstance(saved, Failure) else saved

    async def forget(self, method: MethodRef) -> bool:
        """True once the method belongs to no customer; one that is gone already counts."""
        detached = await ask(self._stripe.v1.payment_methods.detach_async(method.token), _belongs_to_nobody)
        if isinstance(detached, Failure) and detached.is_refusal:
            detached = await ask(self._stripe.v1.payment_methods.retrieve_async(method.token), _belongs_to_nobody)
        return detached.is_missing if isinstance(detached, Failure) else detached

    def ingest(self, body: bytes, headers: Mapping[str, str]) -> Event:
        return read_event(body, headers, self._account.webhook_secrets)

    async def settlements(self, since: date, until: date) -> AsyncIterator[Settlement]:
        """Payouts that arrive from `since` to `until`, both included; raises CannotAsk, between payouts only."""
        payouts = await ask_all(self._stripe.v1.payouts.list_async(arriving(since, until)), lambda all_: [*filter(arrives, all_)])
        for payout in _or_raise(payouts):
            call = self._stripe.v1.balance_transactions.list_async(transactions_of(payout))
            yield _or_raise(await ask_all(call, partial(read_settlement, payout)))

    async def close(self) -> None:
        await self._stripe.close()

    async def _look_up_refund(self, key: str, since: datetime, ref: str) -> Found:
        if ref and not ref.startswith("pi_"):
            found: Found | Failure = await ask(self._stripe.v1.refunds.retrieve_async(ref), replies.read_refund)
        else:
            call = self._stripe.v1.refunds.list_async(requests.refunds_since(since, ref))
            found = await ask_all(call, lambda all_: replies.pick_refund([*filter(_carries(key), all_)]))
        return Unknown(found.why) if isinstance(found, Failure) else found

    async def _retrieve(self, ref: str, op: Op = Op.CHARGE) -> Found:
        call = self._stripe.v1.payment_intents.retrieve_async(ref, {"expand": ["latest_charge"]})
        answer = await ask(call, lambda intent: (replies.read_found(intent, op), replies.is_disputed_debit(intent)))
        if isinstance(answer, Failure):
            return Unknown(answer.why)
        found, is_disputed = answer
        return await self._taken_back(ref, found) if is_disputed else found

    async def _taken_back(self, ref: str, found: Found) -> Found:
        call = self._stripe.v1.disputes.list_async({"payment_intent": ref, "limit": requests.PAGE})
        reason = await ask_all(call, replies.read_disputes)
        if isinstance(reason, Failure):
            return Unknown(reason.why)
        return Returned(ref, reason) if reason else found

    async def _new_customer(self, payer: str, key: str) -> str | Failure:
        """`payer` is an opaque id; neither name nor address is sent (rule H2)."""
        call = self._stripe.v1.customers.create_async({"metadata": {"payer": payer}}, {"idempotency_key": f"{key}-customer"})
        return await ask(call, lambda customer: str(customer["id"]))

    async def _attach_card(self, token: str, customer: str, key: str) -> SavedMethod | Failure:
        call = self._stripe.v1.payment_methods.attach_async(token, {"customer": customer}, {"idempotency_key": f"{key}-attach"})
        return await ask(call, lambda method: replies.read_method(method, customer))

    async def _attach_bank(self, token: str, customer: str, key: str) -> SavedMethod | Refused | Unknown | Failure:
        body = requests.bank_setup_body(customer, token)
        call = self._stripe.v1.setup_intents.create_async(body, {"idempotency_key": f"{key}-attach"})
        saved = await ask(call, replies.read_setup)
        return Unknown("a bank account cannot be authenticated by link") if isinstance(saved, NeedsPayer) else saved


def _outcome(answer: replies.State | Failure) -> Outcome:
    return as_outcome(answer) if isinstance(answer, Failure) else answer


def _refusal(failure: Failure) -> Refused | Unknown:
    """Declined by the bank, or a token that is no more; anything else may work in a moment."""
    outcome = as_outcome(failure)
    return Refused(outcome.reason) if isinstance(outcome, Declined) else Unknown(failure.why)


def _carries(key: str) -> Callable[[Reply], bool]:
    mark = requests.key_hash(key)
    return lambda thing: (thing.get("metadata") or {}).get("key") == mark


def _belongs_to_nobody(method: Reply) -> bool:
    return method.get("customer") is None


def _or_raise(answer: T | Failure) -> T:
    if isinstance(answer, Failure):
        raise CannotAsk(answer.why)
    return answer
