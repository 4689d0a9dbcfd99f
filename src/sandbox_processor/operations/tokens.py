"""Tokens: a card typed once, to become one payment method."""

from __future__ import annotations

from sandbox_processor.errors import missing
from sandbox_processor.operations.instruments import card_details, known_card
from sandbox_processor.parameters import EXPAND, Spec, clearable, group, integer, text
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

ADDRESS = ("address_city", "address_country", "address_line1", "address_line2", "address_state", "address_zip", "name")
CARD: Spec = {
    **{name: clearable(text()) for name in ADDRESS},
    "currency": text(),
    "cvc": text(),
    "exp_month": integer(),
    "exp_year": integer(),
    "number": text(),
}
CREATE: Spec = {**EXPAND, "card": group(CARD, "number", "exp_month", "exp_year")}


def create(work: Work, params: Params) -> Object:
    if "card" not in params:
        raise missing("card")
    sent = params["card"]
    card = known_card(work, sent)
    details = card_details(card, sent["exp_month"], sent["exp_year"], cvc="cvc" in sent)
    token = {
        "id": work.new_id("tok_"),
        "object": "token",
        "card": {
            "id": work.new_id("card_"),
            "object": "card",
            **{name: sent.get(name) for name in ADDRESS},
            "address_line1_check": None,
            "address_zip_check": None,
            "brand": card.brand.capitalize() if card.brand != "amex" else "American Express",
            "country": "US",
            "cvc_check": details["checks"]["cvc_check"],
            "dynamic_last4": None,
            "exp_month": details["exp_month"],
            "exp_year": details["exp_year"],
            "fingerprint": card.fingerprint,
            "funding": card.funding,
            "last4": card.last4,
            "metadata": {},
            "networks": {"preferred": None},
            "regulated_status": "unregulated",
            "tokenization_method": None,
        },
        "client_ip": None,
        "created": work.now,
        "livemode": False,
        "type": "card",
        "used": False,
    }
    return work.put("token", token, {"label": card.label})


def retrieve(work: Work, params: Params, token_id: str) -> Object:
    return work.find("token", token_id, "token").object
