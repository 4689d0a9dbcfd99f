"""One attempt to take money for a payment intent: authentication, decline or success; bank debits go their own way."""

from __future__ import annotations

from sandbox_processor.errors import ApiError
from sandbox_processor.known_numbers import AUTHENTICATE, CARDS, Card, Decline
from sandbox_processor.operations.bank_debits import debit
from sandbox_processor.operations.behaviour import card_behaviour
from sandbox_processor.operations.charge_shape import Course, new_charge
from sandbox_processor.operations.disputes import open_dispute
from sandbox_processor.operations.outcomes import book_capture, fail, keep_method, succeed
from sandbox_processor.operations.saving import decline_error
from sandbox_processor.state import Row
from sandbox_processor.wire import Object, Params
from sandbox_processor.work import Work

CHECK_AT_MOST = 100


def attempt(work: Work, intent: Object, method: Row, params: Params) -> Object:
    """The intent after one attempt with the method. Raises ApiError 402 for a decline, with the failed charge kept."""
    if method.object["type"] == "us_bank_account":
        return debit(work, intent, method, params)
    card, off_session = CARDS[method.private["label"]], bool(params.get("off_session"))
    behaviour = card_behaviour(method)
    exempt = behaviour is None and off_session and card.authentication == "on session"
    if behaviour != "works" and not exempt and _needs_authentication(intent, card, method, behaviour):
        if off_session or params.get("error_on_requires_action"):
            raise refuse(work, intent, method, AUTHENTICATE)
        return _ask_for_authentication(work, intent, params.get("return_url"))
    return charge_card(work, intent, method)


def _needs_authentication(intent: Object, card: Card, method: Row, behaviour: Decline | str | None) -> bool:
    if behaviour == "authentication_required":
        return True
    if intent["payment_method_options"].get("card", {}).get("request_three_d_secure") in ("any", "challenge"):
        return True
    if card.authentication == "unless set up":
        return not method.private.get("authenticated")
    return card.authentication is not None


def _ask_for_authentication(work: Work, intent: Object, return_url: str | None) -> Object:
    waiting = {**intent, "status": "requires_action", "next_action": redirect_action(work, intent, return_url)}
    work.put("payment_intent", waiting)
    work.emit("payment_intent.requires_action", waiting)
    return waiting


def redirect_action(work: Work, intent: Object, return_url: str | None) -> Object:
    """Where the payer authenticates: a page of the sandbox. Without a return_url it is handed to the SDK, as Stripe does."""
    url = f"{work.origin}/_sandbox/authenticate/{intent['id']}?client_secret={intent['client_secret']}"
    if return_url:
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}


def charge_card(work: Work, intent: Object, method: Row) -> Object:
    """Ask the issuer, authentication aside."""
    card, behaviour = CARDS[method.private["label"]], card_behaviour(method)
    on_charge = None if is_check(intent) else card.on_charge
    refusal = behaviour if isinstance(behaviour, Decline) else (card.on_save or on_charge if behaviour is None else None)
    if refusal is not None:
        raise refuse(work, intent, method, refusal)
    manual = intent["capture_method"] == "manual"
    charge = new_charge(work, intent, method, Course(captured=not manual))
    charge = work.put("charge", charge, {}) if manual else book_capture(work, charge)
    work.emit("charge.succeeded", charge)
    if card.dispute:
        open_dispute(work, charge["id"], card.dispute)
    keep_method(work, intent, method)
    return succeed(work, intent, charge, manual=manual)


def is_check(intent: Object) -> bool:
    """A hold of at most 1.00: the check before a card is saved. A card that "saves, then declines every charge" passes it."""
    return bool(intent["capture_method"] == "manual" and intent["amount"] <= CHECK_AT_MOST)


def refuse(work: Work, intent: Object, method: Row, decline: Decline) -> ApiError:
    """Write the failed charge and intent; the error to raise, carrying both."""
    charge = work.put("charge", new_charge(work, intent, method, Course(captured=False, decline=decline)), {})
    if method.object["customer"] is None:
        work.note("payment_method", method.object["id"], used=True)
    error = decline_error(decline, charge=charge["id"], payment_method=method.object)
    failed = fail(work, intent, charge, _last_error(error, method))
    return decline_error(decline, charge=charge["id"], payment_intent=failed, payment_method=method.object)


def _last_error(error: ApiError, method: Row) -> Object:
    return {**error.body["error"], "payment_method_type": method.object["type"]}
