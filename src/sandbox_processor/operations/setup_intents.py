"""Set-up intents: save a method for later without charging it. Create, update, confirm, retrieve, cancel, list, verify."""

from __future__ import annotations

from sandbox_processor.errors import ApiError, invalid
from sandbox_processor.known_numbers import CARDS, Decline
from sandbox_processor.lists import created_within, page
from sandbox_processor.operations.behaviour import card_behaviour
from sandbox_processor.operations.charging import redirect_action
from sandbox_processor.operations.instruments import create_from, obtain
from sandbox_processor.operations.intent_rules import check_client_secret, check_method, unexpected_state, unless_confirming
from sandbox_processor.operations.mandates import new_mandate
from sandbox_processor.operations.saving import decline_error, keep
from sandbox_processor.operations.verification import check_deposits, send_deposits
from sandbox_processor.parameters import merge_metadata
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_NO_MANDATE = (
    "This SetupIntent requires a mandate. Collect mandate acceptance from the customer and try again, providing acceptance "
    "data in the mandate_data parameter."
)


def create(work: Work, params: Params) -> Object:
    unless_confirming(params, "SetupIntent", ("mandate_data", "return_url"))
    if "customer" in params:
        work.customer(params["customer"])
    intent = _with_method(work, _new(work, params), params)
    work.put("setup_intent", intent, {})
    work.emit("setup_intent.created", intent)
    return _confirm(work, intent, params) if params.get("confirm") else intent


def _new(work: Work, params: Params) -> Object:
    intent_id = work.new_id("seti_")
    named, automatic = params.get("payment_method_types"), params.get("automatic_payment_methods")
    if named is not None and automatic is not None:
        raise invalid(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
            "automatic_payment_methods",
        )
    types = named or ["card", "us_bank_account"]
    shown = None if named else {"allow_redirects": (automatic or {}).get("allow_redirects", "always"), "enabled": True}
    return {
        "id": intent_id,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": shown,
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{work.new_id('', 31)}",
        "created": work.now,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": merge_metadata({}, params.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": _options(types, params.get("payment_method_options", {})),
        "payment_method_types": types,
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }


def _options(types: list[str], sent: Params) -> Object:
    card: Object = {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    defaults: dict[str, Object] = {"card": card, "us_bank_account": {"verification_method": "automatic"}}
    return {kind: {**defaults[kind], **sent.get(kind, {})} for kind in types}


def _with_method(work: Work, intent: Object, params: Params) -> Object:
    if params.get("payment_method") is not None:
        row = obtain(work, params["payment_method"])
    elif "payment_method_data" in params:
        row = create_from(work, params["payment_method_data"], "payment_method_data")
    else:
        return intent
    check_method("SetupIntent", intent, row)
    return {**intent, "payment_method": row.object["id"], "status": "requires_confirmation", "next_action": None}


def retrieve(work: Work, params: Params, intent_id: str) -> Object:
    intent = _find(work, intent_id)
    check_client_secret(work, intent, params, "SetupIntent")
    return intent


def _find(work: Work, intent_id: str) -> Object:
    return work.find("setup_intent", intent_id, "intent").object


def update(work: Work, params: Params, intent_id: str) -> Object:
    before = _find(work, intent_id)
    if before["status"] not in OPEN and ("payment_method" in params or "payment_method_data" in params):
        raise unexpected_state(before, "You cannot update this SetupIntent because it has already succeeded.")
    if params.get("customer"):
        work.customer(params["customer"])
    plain = ("customer", "description", "payment_method_types")
    after: Object = {**before, **{name: params[name] for name in plain if name in params}}
    if "metadata" in params:
        after["metadata"] = merge_metadata(before["metadata"], params["metadata"])
    if "payment_method_options" in params or "payment_method_types" in params:
        after["payment_method_options"] = _options(after["payment_method_types"], params.get("payment_method_options", {}))
    return work.put("setup_intent", _with_method(work, after, params))


def confirm(work: Work, params: Params, intent_id: str) -> Object:
    intent = _find(work, intent_id)
    check_client_secret(work, intent, params, "SetupIntent")
    if intent["status"] in OPEN:
        intent = _with_method(work, intent, params)
        if "payment_method_options" in params:
            options = _options(intent["payment_method_types"], params["payment_method_options"])
            intent = {**intent, "payment_method_options": options}
    if intent["payment_method"] is None:
        raise unexpected_state(
            intent,
            "You cannot confirm this SetupIntent because it's missing a payment method. You can either update the SetupIntent "
            "with a payment method and then confirm it again, or confirm it again directly with a payment method or "
            "ConfirmationToken.",
        )
    if intent["status"] not in OPEN:
        done = "it has already succeeded" if intent["status"] == "succeeded" else f"it has a status of {intent['status']}"
        raise unexpected_state(intent, f"You cannot confirm this SetupIntent because {done}.")
    return _confirm(work, intent, params)


def _confirm(work: Work, intent: Object, params: Params) -> Object:
    if intent["payment_method"] is None:
        raise unexpected_state(intent, "You cannot confirm this SetupIntent because it's missing a payment method.")
    method = work.known("payment_method", intent["payment_method"])
    if method.object["type"] == "us_bank_account":
        return _confirm_bank(work, intent, method, params)
    card, behaviour = CARDS[method.private["label"]], card_behaviour(method)
    asked = intent["payment_method_options"].get("card", {}).get("request_three_d_secure")
    if card.authentication or asked in ("any", "challenge") or behaviour == "authentication_required":
        return _ask_for_authentication(work, intent, method, params.get("return_url"))
    return complete_card(work, intent, method)


def _ask_for_authentication(work: Work, intent: Object, method: Row, return_url: str | None) -> Object:
    waiting = {
        **intent,
        "latest_attempt": _attempt(work, intent, method, "requires_action"),
        "next_action": redirect_action(work, intent, return_url),
        "status": "requires_action",
    }
    work.put("setup_intent", waiting)
    work.emit("setup_intent.requires_action", waiting)
    return waiting


def complete_card(work: Work, intent: Object, method: Row, *, authenticated: bool = False) -> Object:
    """The issuer's word: saved, or ApiError 402 with the intent kept."""
    told = card_behaviour(method)
    refusal = told if isinstance(told, Decline) else CARDS[method.private["label"]].on_save if told is None else None
    if refusal is not None:
        raise _refused(work, intent, method, refusal)
    if authenticated:
        work.note("payment_method", method.object["id"], authenticated=True)
    return _complete(work, intent, work.known("payment_method", method.object["id"]))


def _complete(work: Work, intent: Object, method: Row) -> Object:
    if intent["customer"] and method.object["customer"] is None:
        keep(work, method, intent["customer"])
    done = {
        **intent,
        "last_setup_error": None,
        "latest_attempt": _attempt(work, intent, method, "succeeded"),
        "next_action": None,
        "payment_method": method.object["id"],
        "status": "succeeded",
    }
    work.put("setup_intent", done, {})
    work.emit("setup_intent.succeeded", done)
    return done


def _refused(work: Work, intent: Object, method: Row, decline: Decline) -> ApiError:
    param = "exp_month" if decline.code == "expired_card" else None
    error = decline_error(decline, payment_method=method.object, param=param)
    failed = _failed(work, intent, method, error.body["error"])
    return decline_error(decline, payment_method=method.object, setup_intent=failed, param=param)


def not_authenticated(work: Work, intent: Object, method: Row) -> Object:
    """The payer failed the authentication page."""
    error = invalid(
        "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to "
        "attempt to fulfill this SetupIntent again.",
        None,
        "setup_intent_authentication_failure",
        payment_method=method.object,
    )
    return _failed(work, intent, method, error.body["error"])


def _failed(work: Work, intent: Object, method: Row, error: Object) -> Object:
    failed = {
        **intent,
        "last_setup_error": error,
        "latest_attempt": _attempt(work, intent, method, "failed", error),
        "next_action": None,
        "payment_method": None,
        "status": "requires_payment_method",
    }
    work.put("setup_intent", failed, {})
    work.emit("setup_intent.setup_failed", failed)
    return failed


def _attempt(work: Work, intent: Object, method: Row, status: str, error: Object | None = None) -> str:
    kind = method.object["type"]
    attempt = {
        "id": work.new_id("setatt_"),
        "object": "setup_attempt",
        "application": None,
        "created": work.now,
        "customer": intent["customer"],
        "customer_account": None,
        "flow_directions": None,
        "livemode": False,
        "on_behalf_of": None,
        "payment_method": method.object["id"],
        "payment_method_details": {"type": kind, kind: {"three_d_secure": None} if kind == "card" else {}},
        "setup_error": error,
        "setup_intent": intent["id"],
        "status": status,
        "usage": intent["usage"],
    }
    return str(work.put("setup_attempt", attempt, {})["id"])


def _confirm_bank(work: Work, intent: Object, method: Row, params: Params) -> Object:
    if not params.get("mandate_data"):
        raise invalid(_NO_MANDATE, setup_intent=intent)
    method_id = method.object["id"]
    options = intent["payment_method_options"].get("us_bank_account", {})
    proved = method.private.get("verified") or options.get("verification_method") == "instant"
    status = "active" if proved else "pending"
    mandate = new_mandate(work, method, params["mandate_data"], status)
    intent = {**intent, "mandate": mandate}
    if not proved:
        return send_deposits(work, "setup_intent", intent, work.known("payment_method", method_id), mandate)
    work.note("payment_method", method_id, verified=True)
    return _complete(work, intent, work.known("payment_method", method_id))


def verify_microdeposits(work: Work, params: Params, intent_id: str) -> Object:
    intent = _find(work, intent_id)
    check_client_secret(work, intent, params, "SetupIntent")
    check_deposits(work, "setup_intent", intent_id, params)
    work.note("payment_method", intent["payment_method"], verified=True)
    mandate = work.put("mandate", {**work.known("mandate", intent["mandate"]).object, "status": "active"})
    work.emit("mandate.updated", mandate, {"status": "pending"})
    return _complete(work, intent, work.known("payment_method", intent["payment_method"]))


def cancel(work: Work, params: Params, intent_id: str) -> Object:
    intent = _find(work, intent_id)
    if intent["status"] == "canceled":
        raise unexpected_state(intent, "You cannot cancel this SetupIntent because it is already canceled.")
    if intent["status"] not in OPEN:
        raise unexpected_state(
            intent,
            f"You cannot cancel this SetupIntent because it has a status of {intent['status']}. Only a SetupIntent with one of "
            "the following statuses may be canceled: `requires_payment_method`, `requires_confirmation`, or `requires_action`.",
        )
    done = {**intent, "cancellation_reason": params.get("cancellation_reason"), "next_action": None, "status": "canceled"}
    work.put("setup_intent", done, {})
    work.emit("setup_intent.canceled", done)
    return done


def listing(work: Work, params: Params) -> Object:
    wanted, customer, method = created_within(params), params.get("customer"), params.get("payment_method")
    rows = (
        row
        for row in work.rows("setup_intent", "customer" if customer else None, customer)
        if wanted(row) and method in (None, row.object["payment_method"])
    )
    return page(work, "setup_intent", "/v1/setup_intents", params, rows)
