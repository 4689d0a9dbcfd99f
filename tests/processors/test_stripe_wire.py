"""The Stripe adapter before a server that answers as told."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any

from autopay.money import Money
from autopay.processors.protocol import Declined, NotSent, Processor, Unknown
from autopay.processors.stripe.adapter import StripeProcessor
from autopay.processors.stripe.client import Account

from .contract import AMOUNT
from .contract_wire import WireContract
from .scripted import Answer

SECRETS = {"": "whsec_first", "second": "whsec_second", "another": "whsec_another"}


def intent(status: str = "succeeded", amount: Money = AMOUNT, **more: Any) -> dict[str, Any]:
    """A PaymentIntent with the fields the adapter reads."""
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": amount.minor,
        "amount_received": amount.minor if status == "succeeded" else 0,
        "amount_capturable": amount.minor if status == "requires_capture" else 0,
        "currency": amount.currency.lower(),
        "status": status,
        "last_payment_error": None,
        "latest_charge": None,
        "metadata": {},
        **more,
    }


def error(status: int, kind: str = "invalid_request_error", code: str = "", **more: Any) -> Answer:
    body = {"type": kind, **({"code": code} if code else {}), "message": "as the processor words it", **more}
    return Answer.of({"error": body}, status)


def declined(code: str = "card_declined", decline_code: str = "", intent_status: str = "requires_payment_method") -> Answer:
    return error(402, "card_error", code, decline_code=decline_code, payment_intent=intent(intent_status))


class TestStripeOverABadLine(WireContract):
    def connect(self, address: str, *, timeout: float = 5.0, in_transaction: bool = False) -> Processor:
        account = Account("sk_test_1", (SECRETS[""], SECRETS["second"]), address, timeout=timeout)
        return StripeProcessor(account, lambda: in_transaction)

    def paid(self, amount: Money, status: str = "") -> Answer:
        return Answer.of(intent(status or "succeeded", amount))

    def page(self, *, more: bool) -> Answer:
        return Answer.of({"has_more": more, "data": [intent("processing", created=1_784_000_000, capture_method="automatic")]})

    def refusals(self) -> dict[str, tuple[Answer, type]]:
        return {
            "AuthenticationError": (error(401), NotSent),
            "RateLimitError": (error(429, code="rate_limit"), NotSent),
            "RateLimitError of a lock inside": (error(429, code="lock_timeout"), Unknown),
            "PermissionError": (error(403), NotSent),
            "InvalidRequestError of ours": (error(400, code="parameter_unknown", param="amout"), NotSent),
            "InvalidRequestError of the method": (error(404, code="resource_missing", param="payment_method"), Declined),
            "InvalidRequestError of the customer": (error(400, param="customer"), Declined),
            "InvalidRequestError of the amount": (error(400, code="amount_too_small", param="amount"), Declined),
            "IdempotencyError": (error(400, "idempotency_error"), Unknown),
            "IdempotencyError while in use": (error(409, "idempotency_error", "idempotency_key_in_use"), Unknown),
            "CardError": (declined(), Declined),
            "CardError of a payment that went through": (declined(intent_status="succeeded"), Unknown),
            "APIError": (error(500, "api_error"), Unknown),
            "APIError kept under the key": (error(500, "card_error", "card_declined"), Unknown),
            "an error of a new type": (error(400, "weather_error"), Unknown),
            "an OAuth error": (Answer.of({"error": "invalid_client"}, 400), Unknown),
        }

    def signed(self, event: dict[str, Any], at: float, secret: str = "") -> tuple[bytes, dict[str, str]]:
        body = json.dumps(event).encode()
        mac = hmac.new(SECRETS[secret].encode(), f"{int(at)}.".encode() + body, sha256).hexdigest()
        return body, {"stripe-signature": f"t={int(at)},v1={mac}"}

    def event(self, payment: str) -> dict[str, Any]:
        charge = {"id": "ch_1", "object": "charge", "payment_intent": payment}
        return {"id": "evt_1", "object": "event", "type": "charge.succeeded", "data": {"object": charge}}
