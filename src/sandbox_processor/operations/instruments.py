"""Instruments: from what was typed to a payment method. Numbers come in here, are recognised, and go no further."""

from __future__ import annotations

from sandbox_processor.clock import day_of
from sandbox_processor.errors import ApiError, card_error, invalid, missing, not_found
from sandbox_processor.known_numbers import (
    ACCOUNT_NUMBERS,
    BANK_NAME,
    CARD_NUMBERS,
    CARDS,
    ROUTING,
    BankAccount,
    Card,
    bank_account_of_token,
    card_of_token,
    passes_luhn,
    passes_routing_check,
)
from sandbox_processor.parameters import (
    ADDRESS,
    BILLING_DETAILS,
    EXPAND,
    Spec,
    choice,
    group,
    integer,
    merge_metadata,
    metadata,
    text,
)
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

REDISPLAY = choice("always", "limited", "unspecified")
HOLDER, ACCOUNT_TYPE = choice("company", "individual"), choice("checking", "savings")
CARD: Spec = {
    "cvc": text(),
    "exp_month": integer(),
    "exp_year": integer(),
    "networks": group({"preferred": text()}),
    "number": text(),
    "token": text(),
}
BANK: Spec = {
    "account_holder_type": HOLDER,
    "account_number": text(),
    "account_type": ACCOUNT_TYPE,
    "financial_connections_account": text(),
    "routing_number": text(),
}
CREATE: Spec = {
    **EXPAND,
    "allow_redisplay": REDISPLAY,
    "billing_details": group(BILLING_DETAILS),
    "card": group(CARD),
    "metadata": metadata,
    "radar_options": group({"session": text()}),
    "type": choice("card", "us_bank_account"),
    "us_bank_account": group(BANK),
}
DATA: Spec = {name: check for name, check in CREATE.items() if name not in ("expand",)}
"""`payment_method_data` of an intent: the same, within it."""

REAL_NUMBER = (
    "Your card was declined. Only the published test numbers can be used in the sandbox; a real card number is neither "
    "charged nor kept."
)


def create_from(work: Work, params: Params, within: str = "") -> Row:
    """A new payment method of what was sent. Raises ApiError 402 for a number that is wrong or not a test number."""
    kind = params.get("type")
    if kind is None:
        raise missing(f"{within}[type]" if within else "type")
    if kind not in params:
        raise missing(f"{within}[{kind}]" if within else kind)
    if kind == "card":
        details, private = _card(work, params["card"])
    else:
        details, private = _bank(params["us_bank_account"])
    return _store(work, kind, details, private, params)


def _store(work: Work, kind: str, details: Object, private: Object, params: Params) -> Row:
    method: Object = {
        "id": work.new_id("pm_"),
        "object": "payment_method",
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "billing_details": billing(params.get("billing_details", {}), {}),
        kind: details,
        "created": work.now,
        "customer": None,
        "livemode": False,
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "type": kind,
    }
    work.put("payment_method", method, private)
    return work.known("payment_method", method["id"])


def billing(sent: Params, before: Object) -> Object:
    address = dict.fromkeys(ADDRESS) | (before.get("address") or {})
    if "address" in sent:
        address = dict.fromkeys(ADDRESS) if sent["address"] is None else address | sent["address"]
    return dict.fromkeys(("address", "email", "name", "phone", "tax_id")) | before | sent | {"address": address}


def _card(work: Work, sent: Params) -> tuple[Object, Object]:
    if "token" in sent:
        return _card_of_token(work, sent["token"])
    for name in ("number", "exp_month", "exp_year"):
        if name not in sent:
            raise missing(f"card[{name}]")
    card = known_card(work, sent)
    return card_details(card, sent["exp_month"], sent["exp_year"], cvc="cvc" in sent), {"label": card.label}


def known_card(work: Work, sent: Params) -> Card:
    """The test card of what was typed. Raises ApiError 402, naming the field, without repeating the number."""
    number = sent["number"].replace(" ", "").replace("-", "")
    if not number.isascii() or not number.isdigit() or not 12 <= len(number) <= 19 or not passes_luhn(number):
        raise _wrong("Your card number is incorrect.", "incorrect_number", "number")
    today = day_of(work.now)
    if not 1 <= sent["exp_month"] <= 12:
        raise _wrong("Your card's expiration month is invalid.", "invalid_expiry_month", "exp_month")
    year = sent["exp_year"] + 2000 if sent["exp_year"] < 100 else sent["exp_year"]
    if (year, sent["exp_month"]) < (today.year, today.month) or year > today.year + 50:
        raise _wrong("Your card's expiration year is invalid.", "invalid_expiry_year", "exp_year")
    card = CARD_NUMBERS.get(number)
    cvc = sent.get("cvc")
    if cvc is not None and not (cvc.isascii() and cvc.isdigit() and len(cvc) in (3, 4)):
        raise _wrong("Your card's security code is invalid.", "invalid_cvc", "cvc")
    if card is None:
        raise card_error(REAL_NUMBER, "card_declined", decline_code="test_mode_live_card", param="number")
    return card


def _wrong(message: str, code: str, param: str) -> ApiError:
    return card_error(message, code, param=param)


def _card_of_token(work: Work, token: str) -> tuple[Object, Object]:
    card = card_of_token(token)
    if card is not None:
        return card_details(card, 12, day_of(work.now).year + 1, cvc=True), {"label": card.label}
    row = work.row("token", token)
    if row is None:
        raise not_found("token", token, "card[token]", 400)
    if row.object["used"]:
        raise invalid(f"You cannot use a Stripe token more than once: {token}.", "card[token]", "token_already_used")
    work.put("token", {**row.object, "used": True})
    kept = row.object["card"]
    return card_details(CARDS[row.private["label"]], kept["exp_month"], kept["exp_year"], cvc=True), row.private


def card_details(card: Card, month: int, year: int, *, cvc: bool) -> Object:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if cvc else None,
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": month,
        "exp_year": year + 2000 if year < 100 else year,
        "fingerprint": card.fingerprint,
        "funding": card.funding,
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _bank(sent: Params) -> tuple[Object, Object]:
    for name in ("account_number", "routing_number"):
        if name not in sent:
            raise missing(f"us_bank_account[{name}]")
    account = known_account(sent)
    holder, kind = sent.get("account_holder_type", "individual"), sent.get("account_type", "checking")
    return bank_details(account, holder, kind), {"label": account.label}


def known_account(sent: Params) -> BankAccount:
    """The test account of what was typed. Raises ApiError 400, naming the field, without repeating the number."""
    if not passes_routing_check(sent["routing_number"]):
        raise _bank_error("You must provide a valid routing number.", "routing_number_invalid", "routing_number")
    account = ACCOUNT_NUMBERS.get(sent["account_number"])
    if account is None or sent["routing_number"] != ROUTING:
        name = "account_number" if sent["routing_number"] == ROUTING else "routing_number"
        raise _bank_error(
            f"You must use a test bank account in the sandbox: routing number {ROUTING} with a published test account number.",
            f"{name}_invalid" if name == "routing_number" else "account_number_invalid",
            name,
        )
    return account


def _bank_error(message: str, code: str, name: str) -> ApiError:
    return invalid(message, f"us_bank_account[{name}]", code)


def bank_details(account: BankAccount, holder: str, kind: str) -> Object:
    return {
        "account_holder_type": holder,
        "account_type": kind,
        "bank_name": BANK_NAME,
        "financial_connections_account": None,
        "fingerprint": account.fingerprint,
        "last4": account.last4,
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": ROUTING,
        "status_details": {},
    }


def find(work: Work, method_id: str, status: int = 400) -> Row:
    return work.find("payment_method", method_id, "payment_method", status)


def obtain(work: Work, method_id: str, status: int = 400) -> Row:
    """The method named, or a new one where one of Stripe's test names (`pm_card_visa`) was given."""
    card, account = card_of_token(method_id), bank_account_of_token(method_id)
    if card is not None and method_id.startswith("pm_"):
        details = card_details(card, 12, day_of(work.now).year + 1, cvc=True)
        return _store(work, "card", details, {"label": card.label}, {})
    if account is not None:
        private = {"label": account.label, "verified": not account.deposits_fail}
        details = bank_details(account, "individual", "checking")
        return _store(work, "us_bank_account", details, private, {"billing_details": {"name": "Test Holder"}})
    return find(work, method_id, status)
