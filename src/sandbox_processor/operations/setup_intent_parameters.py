"""What the operations on set-up intents accept."""

from __future__ import annotations

from sandbox_processor.operations.instruments import DATA
from sandbox_processor.operations.payment_intent_parameters import BANK_OPTIONS
from sandbox_processor.parameters import (
    EXPAND,
    MANDATE_DATA,
    PAGE,
    Spec,
    boolean,
    choice,
    clearable,
    created,
    group,
    list_of,
    metadata,
    text,
)

CARD_OPTIONS: Spec = {"network": text(), "request_three_d_secure": choice("any", "automatic", "challenge")}
OPTIONS = group({"card": group(CARD_OPTIONS), "us_bank_account": group(BANK_OPTIONS)})
UPDATE: Spec = {
    **EXPAND,
    "customer": text(),
    "description": clearable(text(1000)),
    "metadata": metadata,
    "payment_method": clearable(text()),
    "payment_method_data": group(DATA),
    "payment_method_options": OPTIONS,
    "payment_method_types": list_of(choice("card", "us_bank_account")),
}
_CONFIRMING: Spec = {
    "mandate_data": clearable(group(MANDATE_DATA, "customer_acceptance")),
    "return_url": text(),
    "use_stripe_sdk": boolean,
}
CREATE: Spec = {
    **UPDATE,
    **_CONFIRMING,
    "attach_to_self": boolean,
    "automatic_payment_methods": group({"allow_redirects": choice("always", "never"), "enabled": boolean}, "enabled"),
    "confirm": boolean,
    "usage": choice("off_session", "on_session"),
}
CONFIRM: Spec = {
    **EXPAND,
    **_CONFIRMING,
    "client_secret": text(),
    "payment_method": text(),
    "payment_method_data": group(DATA),
    "payment_method_options": OPTIONS,
}
CANCEL: Spec = {**EXPAND, "cancellation_reason": choice("abandoned", "duplicate", "requested_by_customer")}
RETRIEVE: Spec = {**EXPAND, "client_secret": text()}
LIST: Spec = {**PAGE, "attach_to_self": boolean, "created": created, "customer": text(), "payment_method": text()}
