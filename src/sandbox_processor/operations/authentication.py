"""What follows when a payer completes or fails the authentication page."""

from __future__ import annotations

from sandbox_processor.errors import ApiError, invalid
from sandbox_processor.known_numbers import CARDS
from sandbox_processor.operations.charging import charge_card
from sandbox_processor.operations.outcomes import fail
from sandbox_processor.operations.setup_intents import complete_card, not_authenticated
from sandbox_processor.wire import Object
from sandbox_processor.work import Work

FAILED = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt "
    "to fulfill this PaymentIntent again."
)


def waiting_intent(work: Work, intent_id: str, secret: str) -> Object | None:
    """The intent that waits for its payer, if the secret is its own."""
    kind = "setup_intent" if intent_id.startswith("seti_") else "payment_intent"
    row = work.row(kind, intent_id)
    if row is None or row.object["client_secret"] != secret or row.object["status"] != "requires_action":
        return None
    return row.object if row.object["next_action"]["type"] != "verify_with_microdeposits" else None


def finish(work: Work, intent: Object, *, completed: bool) -> Object:
    """The intent after the payer's answer. A decline after authentication is an ordinary outcome here, not an error."""
    method = work.known("payment_method", intent["payment_method"])
    try:
        if intent["object"] == "setup_intent":
            return (
                complete_card(work, intent, method, authenticated=True) if completed else not_authenticated(work, intent, method)
            )
        if completed:
            if CARDS[method.private["label"]].authentication == "unless set up" and intent["setup_future_usage"]:
                work.note("payment_method", method.object["id"], authenticated=True)
            return charge_card(work, intent, work.known("payment_method", method.object["id"]))
        error = invalid(FAILED, None, "payment_intent_authentication_failure", payment_method=method.object)
        return fail(work, intent, None, error.body["error"])
    except ApiError:
        return work.known(intent["object"], intent["id"]).object
