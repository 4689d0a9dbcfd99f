"""Stripe, as the engine sees it. Each verb: one request body, one call, one reading of the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from autopay.money import Money
from autopay.processors.book import CannotAsk, Movement, Settlement
from autopay.processors.protocol import (
    Capabilities,
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
    SetupSession,
    Unknown,
)
from autopay.processors.stripe import lost_answer, movements, saving
from autopay.processors.stripe.client import Path, Reply
from autopay.processors.stripe.failure import Failure, as_outcome
from autopay.processors.stripe.lists import get_all, get_pages, read_list
from autopay.processors.stripe.payment import Payments, key_hash, outcome, read_payment
from autopay.processors.stripe.refund import read_refund, refund_body
from autopay.processors.stripe.settlements import arriving, read_settlement, those_that_arrive, transactions_of
from autopay.processors.stripe.webhook import read_event

T = TypeVar("T")


class StripeProcessor(Payments):
    """One Stripe account in one event loop. `charge` and `hold` are in payment.py."""

    caps = Capabilities(can_rule_out=True, key_window_seconds=24 * 3600, absence_seconds=15 * 60, proof_days=10)

    async def refund(self, ref: str, amount: Money, *, key: str) -> Outcome:
        body, read = refund_body(ref, amount, key), partial(read_refund, asked=amount)
        return outcome(await self._stripe.post(("refunds",), body, read, key))

    async def look_up(self, op: Op, *, key: str, since: datetime, customer: str, ref: str = "") -> Found:
        """A refund's `ref` is the refund if known, else its payment; without either every refund since then is read."""
        if op is Op.REFUND:
            return await self._look_up_refund(key, since, ref)
        if ref:
            return await self._retrieve(ref, op)
        query = lost_answer.payments_since(since, customer)
        read = partial(lost_answer.pick_payment, op=op, mark=key_hash(key))
        payment = await get_all(self._stripe, ("payment_intents",), query, read)
        if isinstance(payment, Failure):
            return Unknown(payment.why)
        return await self._retrieve(payment, op) if isinstance(payment, str) else payment

    async def rule_out(self, op: Op, *, key: str, method: MethodRef) -> Ruling:
        """A key belongs to the first request that used it, whatever the endpoint: one harmless request rules out any operation.

        It holds as long as Stripe remembers the key and says nothing of requests older than that: look up first.
        """
        read = partial(lost_answer.harmless_id, mark=key_hash(key))
        made = await self._stripe.post(("payment_intents",), lost_answer.harmless_body(key), read, key)
        if isinstance(made, Failure):
            return Ruling.USED if made.is_key_used or made.replayed else Ruling.UNKNOWN
        if not made:
            return Ruling.USED
        await self.release(made)  # tidiness only: it has no method and cannot be paid
        return Ruling.RULED_OUT

    async def cancel(self, ref: str) -> Found:
        """What Stripe refuses to cancel has come to something else: that is looked up."""
        found = await self._stripe.post(("payment_intents", ref, "cancel"), {}, read_payment)
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
        read = partial(saving.read_session, customer=owner)
        session = await self._stripe.post(("setup_intents",), saving.setup_body(owner, kind), read, f"{key}-setup")
        return Unknown(session.why) if isinstance(session, Failure) else session

    async def finish_setup(self, setup: str) -> SavedMethod | Refused | NeedsPayer | Unknown:
        saved = await self._stripe.get(("setup_intents", setup), {"expand": ["payment_method"]}, saving.read_setup)
        return _refusal(saved) if isinstance(saved, Failure) else saved

    async def look_at(self, token: str) -> SavedMethod | Refused | Unknown:
        offered = await self._stripe.get(("payment_methods", token), {}, saving.read_offer)
        return _refusal(offered) if isinstance(offered, Failure) else offered

    async def attach(self, token: str, *, customer: str, payer: str, key: str) -> SavedMethod | Refused | Unknown:
        """The token comes from a browser: one that already belongs to somebody else is refused."""
        owner = customer or await self._new_customer(payer, key)
        if isinstance(owner, Failure):
            return Unknown(owner.why)
        offered = await self.look_at(token)
        if not isinstance(offered, SavedMethod):
            return offered
        if offered.ref.customer:  # an earlier try got this far, or it is not theirs
            return offered if offered.ref.customer == owner else Refused(Reason.METHOD_GONE)
        attach = self._attach_card if offered.ref.kind is Kind.CARD else self._attach_bank
        saved = await attach(token, owner, key)
        return _refusal(saved) if isinstance(saved, Failure) else saved

    async def forget(self, method: MethodRef) -> bool:
        """True once the method belongs to no customer; one that is gone already counts."""
        detached = await self._stripe.post(("payment_methods", method.token, "detach"), {}, saving.belongs_to_nobody)
        if isinstance(detached, Failure) and detached.is_refusal:
            detached = await self._stripe.get(("payment_methods", method.token), {}, saving.belongs_to_nobody)
        return detached.is_missing if isinstance(detached, Failure) else detached

    def ingest(self, body: bytes, headers: Mapping[str, str]) -> Event:
        return read_event(body, headers, self._account.webhook_secrets)

    def mark(self, key: str) -> str:
        return key_hash(key)

    async def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """First what is not booked: a payment booked meanwhile is then told twice rather than not at all."""
        lists: list[tuple[Path, Mapping[str, object], Callable[[list[Reply]], list[Movement]]]] = [
            (("payment_intents",), movements.made_between(since, until), movements.read_not_booked),
            (("balance_transactions",), movements.booked_between(since, until), movements.read_booked),
        ]
        for path, query, read in lists:
            async for page in get_pages(self._stripe, path, query):
                for movement in _or_raise(page if isinstance(page, Failure) else read_list(page, read)):
                    yield movement

    async def settlements(self, since: date, until: date) -> AsyncIterator[Settlement]:
        """Payouts that arrive from `since` to `until`, both included; raises CannotAsk, between payouts only."""
        for payout in _or_raise(await get_all(self._stripe, ("payouts",), arriving(since, until), those_that_arrive)):
            lines = await get_all(
                self._stripe, ("balance_transactions",), transactions_of(payout), partial(read_settlement, payout)
            )
            yield _or_raise(lines)

    async def close(self) -> None:
        await self._stripe.close()

    async def _look_up_refund(self, key: str, since: datetime, ref: str) -> Found:
        if ref and not ref.startswith("pi_"):
            found: Found | Failure = await self._stripe.get(("refunds", ref), {}, read_refund)
        else:
            read = partial(lost_answer.pick_refund, mark=key_hash(key))
            found = await get_all(self._stripe, ("refunds",), lost_answer.refunds_since(since, ref), read)
        return Unknown(found.why) if isinstance(found, Failure) else found

    async def _retrieve(self, ref: str, op: Op = Op.CHARGE) -> Found:
        read = partial(lost_answer.read_found, op=op)
        found = await self._stripe.get(("payment_intents", ref), {"expand": ["latest_charge"]}, read)
        if isinstance(found, lost_answer.Disputed):
            return await self._taken_back(found)
        return Unknown(found.why) if isinstance(found, Failure) else found

    async def _taken_back(self, debit: lost_answer.Disputed) -> Found:
        reason = await get_all(self._stripe, ("disputes",), {"payment_intent": debit.ref}, lost_answer.read_disputes)
        if isinstance(reason, Failure):
            return Unknown(reason.why)
        return Returned(debit.ref, reason) if reason else debit.otherwise

    async def _new_customer(self, payer: str, key: str) -> str | Failure:
        """`payer` is an opaque id; neither name nor address is sent (rule H2)."""
        return await self._stripe.post(("customers",), {"metadata": {"payer": payer}}, saving.read_id, f"{key}-customer")

    async def _attach_card(self, token: str, customer: str, key: str) -> SavedMethod | Failure:
        read = partial(saving.read_method, customer=customer)
        return await self._stripe.post(("payment_methods", token, "attach"), {"customer": customer}, read, f"{key}-attach")

    async def _attach_bank(self, token: str, customer: str, key: str) -> SavedMethod | Refused | Unknown | Failure:
        body = saving.bank_setup_body(customer, token)
        saved = await self._stripe.post(("setup_intents",), body, saving.read_setup, f"{key}-attach")
        return Unknown("a bank account cannot be authenticated by link") if isinstance(saved, NeedsPayer) else saved


def _refusal(failure: Failure) -> Refused | Unknown:
    """Declined by the bank, or a token that is no more; anything else may work in a moment."""
    came_to = as_outcome(failure)
    return Refused(came_to.reason) if isinstance(came_to, Declined) else Unknown(failure.why)


def _or_raise(answer: T | Failure) -> T:
    if isinstance(answer, Failure):
        raise CannotAsk(answer.why)
    return answer
