"""Methods saved at Stripe: what sets them up and what the answers mean, as pure functions."""

from __future__ import annotations

from dataclasses import replace

from stripe.params import SetupIntentCreateParams

from autopay.processors.protocol import Funding, Kind, MethodRef, NeedsPayer, Reason, Refused, SavedMethod, SetupSession, Unknown
from autopay.processors.stripe.client import Reply
from autopay.processors.stripe.failure import plain_word
from autopay.processors.stripe.payment import METHOD_TYPE, needs_payer
from autopay.processors.stripe.reasons import reason_in

_FUNDING = {"credit": Funding.CREDIT, "debit": Funding.DEBIT, "prepaid": Funding.PREPAID}


def setup_body(customer: str, kind: Kind) -> SetupIntentCreateParams:
    return {"customer": customer, "payment_method_types": [METHOD_TYPE[kind]], "usage": "off_session"}


def bank_setup_body(customer: str, token: str) -> SetupIntentCreateParams:
    """A bank account is attached by a confirmed set-up only. The payer's agreement to the debit is kept by us: `offline`."""
    return {
        **setup_body(customer, Kind.BANK),
        "payment_method": token,
        "confirm": True,
        "mandate_data": {"customer_acceptance": {"type": "offline", "offline": {}}},
        "expand": ["payment_method"],
    }


def read_setup(setup: Reply) -> SavedMethod | Refused | NeedsPayer | Unknown:
    """A bank account waiting for its small test deposits is saved, not verified."""
    status = setup["status"]
    if status == "succeeded":
        return read_method(setup["payment_method"], str(setup["customer"]))
    if status == "canceled":
        return Refused(Reason.CANCELLED)
    if status == "requires_payment_method" and setup.get("last_setup_error"):
        return Refused(reason_in(setup["last_setup_error"]))
    if status != "requires_action":
        return Unknown(f"set-up is {plain_word(status)}")
    if setup["next_action"]["type"] == "verify_with_microdeposits":
        return _unverified(setup)
    return needs_payer(setup)


def read_method(method: Reply, customer: str) -> SavedMethod:
    """Token, brand, last four, expiry, funding (rule P2): the rest of the object is dropped here."""
    if method["type"] == "card":
        card = method["card"]
        return SavedMethod(
            MethodRef(str(method["id"]), customer, Kind.CARD),
            brand=str(card["brand"]),
            last4=str(card["last4"]),
            funding=_FUNDING.get(card["funding"], Funding.UNKNOWN),
            exp_month=int(card["exp_month"]),
            exp_year=int(card["exp_year"]),
            fingerprint=str(card.get("fingerprint") or ""),
            test=method.get("livemode") is False,
        )
    bank = method["us_bank_account"]
    return SavedMethod(
        MethodRef(str(method["id"]), customer, Kind.BANK),
        brand=str(bank.get("bank_name") or ""),
        last4=str(bank["last4"]),
        funding=Funding.BANK,
        fingerprint=str(bank.get("fingerprint") or ""),
        test=method.get("livemode") is False,
    )


def _unverified(setup: Reply) -> SavedMethod | Unknown:
    proof, saved = needs_payer(setup), read_method(setup["payment_method"], str(setup["customer"]))
    return proof if isinstance(proof, Unknown) else replace(saved, verified=False, verification=proof)


def read_session(setup: Reply, customer: str) -> SetupSession:
    return SetupSession(str(setup["id"]), str(setup["client_secret"]), customer)


def read_offer(method: Reply) -> SavedMethod:
    """A token as it is found: its customer is empty unless it was attached before."""
    return read_method(method, str(method["customer"] or ""))


def belongs_to_nobody(method: Reply) -> bool:
    return method["customer"] is None


def read_id(thing: Reply) -> str:
    return str(thing["id"])
