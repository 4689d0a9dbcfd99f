"""Payment intents: create, retrieve, update, confirm, capture, cancel, list, verify_microdeposits."""

from __future__ import annotations

from sandbox_processor.errors import invalid
from sandbox_processor.lists import created_within, page
from sandbox_processor.operations.bank_debits import start_debit
from sandbox_processor.operations.charging import attempt
from sandbox_processor.operations.instruments import create_from, obtain
from sandbox_processor.operations.intent_rules import (
    check_client_secret,
    check_method,
    unexpected_state,
    unless_confirming,
)
from sandbox_processor.operations.payment_intent_endings import OPEN, find_intent
from sandbox_processor.operations.payment_intent_parameters import LEAST, MOST
from sandbox_processor.operations.verification import check_deposits
from sandbox_processor.parameters import merge_metadata
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

ONLY_WHEN_CONFIRMING = ("off_session", "mandate_data", "mandate", "error_on_requires_action", "return_url")
_COPIED = (
    "customer",
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def create(work: Work, params: Params) -> Object:
    _check_amount(params["amount"], params["currency"])
    unless_confirming(params, "PaymentIntent", ONLY_WHEN_CONFIRMING)
    if "customer" in params:
        work.customer(params["customer"])
    intent = _new(work, params)
    method = _method(work, intent, params)
    if method is not None:
        intent = {**intent, "payment_method": method.object["id"], "status": "requires_confirmation"}
    work.put("payment_intent", intent, {})
    work.emit("payment_intent.created", intent)
    if not params.get("confirm"):
        return intent
    return _confirm(work, intent, params)


def _new(work: Work, params: Params) -> Object:
    intent_id = work.new_id("pi_")
    types, automatic = _method_types(params)
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{work.new_id('', 25)}",
        "confirmation_method": params.get("confirmation_method", "automatic"),
        "created": work.now,
        "currency": params["currency"],
        "customer_account": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": method_options(types, params.get("payment_method_options", {})),
        "payment_method_types": types,
        "processing": None,
        "review": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        **{name: params.get(name) for name in _COPIED},
    }


def _method_types(params: Params) -> tuple[list[str], Object | None]:
    named, automatic = params.get("payment_method_types"), params.get("automatic_payment_methods")
    if named is not None and automatic is not None:
        raise invalid(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
            "automatic_payment_methods",
        )
    if named is not None:
        return list(named), None
    if automatic is not None and not automatic["enabled"]:
        return ["card"], automatic
    bank_too = params["currency"] == "usd" and params.get("capture_method") != "manual"
    allowed = ["card", "us_bank_account"] if bank_too else ["card"]
    return allowed, {"allow_redirects": (automatic or {}).get("allow_redirects", "always"), "enabled": True}


def method_options(types: list[str], sent: Params) -> Object:
    """What is shown of the options: Stripe's defaults for the types allowed, with what was sent on top."""
    card: Object = {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    bank: Object = {"verification_method": "automatic"}
    defaults = {"card": card, "us_bank_account": bank}
    shown = {}
    for kind in types:
        kept = {name: value for name, value in (sent.get(kind) or {}).items() if value is not None}
        shown[kind] = {**defaults[kind], **{name: value for name, value in kept.items() if name != "preferred_settlement_speed"}}
    return shown


def _check_amount(amount: int, money: str) -> None:
    least = LEAST[money]
    if amount < least:
        shown = f"${least / 100:.2f} usd" if money == "usd" else f"{least} {money}"
        raise invalid(f"Amount must be at least {shown}", "amount", "amount_too_small")
    if amount > MOST:
        raise invalid("Amount must be no more than $999,999.99", "amount", "amount_too_large")


def _method(work: Work, intent: Object, params: Params) -> Row | None:
    """The method sent along, checked to fit; None when none was."""
    if params.get("payment_method") is not None:
        row = obtain(work, params["payment_method"])
    elif "payment_method_data" in params:
        row = create_from(work, params["payment_method_data"], "payment_method_data")
    else:
        return None
    check_method("PaymentIntent", intent, row)
    return row


def retrieve(work: Work, params: Params, intent_id: str) -> Object:
    intent = find_intent(work, intent_id)
    check_client_secret(work, intent, params, "PaymentIntent")
    return intent


def update(work: Work, params: Params, intent_id: str) -> Object:
    before = find_intent(work, intent_id)
    frozen = [name for name in ("amount", "currency", "customer", "payment_method", "capture_method") if name in params]
    if frozen and before["status"] not in OPEN:
        raise unexpected_state(
            before,
            f"This PaymentIntent's {frozen[0]} could not be updated because it has a status of {before['status']}. You may only "
            f"update the {frozen[0]} of a PaymentIntent with one of the following statuses: {', '.join(OPEN)}.",
            frozen[0],
        )
    after = _changed(work, before, params)
    return work.put("payment_intent", after)


def _changed(work: Work, before: Object, params: Params) -> Object:
    if params.get("customer") is not None:
        work.customer(params["customer"])
    plain = (*_COPIED, "amount", "currency", "capture_method")
    after = {**before, **{name: params[name] for name in plain if name in params}}
    if "amount" in params or "currency" in params:
        _check_amount(after["amount"], after["currency"])
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "payment_method_types" in params:
        after |= {"payment_method_types": params["payment_method_types"], "automatic_payment_methods": None}
    if "payment_method_options" in params or "payment_method_types" in params:
        after["payment_method_options"] = method_options(after["payment_method_types"], params.get("payment_method_options", {}))
    method = _method(work, after, params)
    if method is not None:
        after |= {"payment_method": method.object["id"], "status": "requires_confirmation", "next_action": None}
    elif "payment_method" in params:
        after |= {"payment_method": None, "status": "requires_payment_method", "next_action": None}
    return after


def confirm(work: Work, params: Params, intent_id: str) -> Object:
    intent = find_intent(work, intent_id)
    check_client_secret(work, intent, params, "PaymentIntent")
    if intent["status"] == "succeeded":
        raise unexpected_state(
            intent, "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
        )
    if intent["status"] not in OPEN:
        raise unexpected_state(
            intent,
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent with "
            "one of the following statuses may be confirmed: requires_confirmation, requires_action.",
        )
    if params.get("amount_to_confirm", intent["amount"]) != intent["amount"]:
        raise invalid("The amount to confirm does not match the amount of the PaymentIntent.", "amount_to_confirm")
    intent = _changed(work, intent, {name: value for name, value in params.items() if name != "client_secret"})
    return _confirm(work, intent, params)


def _confirm(work: Work, intent: Object, params: Params) -> Object:
    if intent["payment_method"] is None:
        raise unexpected_state(intent, _without_method(intent))
    work.put("payment_intent", intent)
    return attempt(work, intent, work.known("payment_method", intent["payment_method"]), params)


def _without_method(intent: Object) -> str:
    missing = "You cannot confirm this PaymentIntent because it's missing a payment method. "
    if intent["customer"]:
        return (
            f"{missing}To confirm the PaymentIntent with {intent['customer']}, specify a payment method attached to this "
            "customer along with the customer ID."
        )
    return (
        f"{missing}You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again "
        "directly with a payment method or ConfirmationToken."
    )


def listing(work: Work, params: Params) -> Object:
    wanted, customer = created_within(params), params.get("customer")
    by = "customer" if customer else None
    rows = (row for row in work.rows("payment_intent", by, customer) if wanted(row))
    return page(work, "payment_intent", "/v1/payment_intents", params, rows)


def verify_microdeposits(work: Work, params: Params, intent_id: str) -> Object:
    intent = find_intent(work, intent_id)
    check_client_secret(work, intent, params, "PaymentIntent")
    row = check_deposits(work, "payment_intent", intent_id, params)
    work.note("payment_method", intent["payment_method"], verified=True)
    method = work.known("payment_method", intent["payment_method"])
    return start_debit(work, intent, method, row.private["mandate"])
