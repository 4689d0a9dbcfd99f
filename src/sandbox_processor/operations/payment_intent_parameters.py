"""What the operations on payment intents accept."""

from __future__ import annotations

from sandbox_processor.operations.instruments import DATA
from sandbox_processor.parameters import (
    EXPAND,
    MANDATE_DATA,
    PAGE,
    SHIPPING,
    Spec,
    boolean,
    choice,
    clearable,
    created,
    currency,
    either,
    email,
    group,
    integer,
    list_of,
    metadata,
    text,
)

LEAST = {"usd": 50, "cad": 50, "eur": 50, "gbp": 30, "jpy": 50, "aud": 50, "mxn": 1000, "chf": 50, "sek": 300, "nzd": 50}
MOST = 99_999_999
FUTURE_USE = choice("off_session", "on_session")
CAPTURE = choice("automatic", "automatic_async", "manual")
CARD_OPTIONS: Spec = {
    "capture_method": clearable(choice("manual")),
    "network": text(),
    "request_extended_authorization": choice("if_available", "never"),
    "request_incremental_authorization": choice("if_available", "never"),
    "request_multicapture": choice("if_available", "never"),
    "request_overcapture": choice("if_available", "never"),
    "request_three_d_secure": choice("any", "automatic", "challenge"),
    "setup_future_usage": clearable(choice("none", "off_session", "on_session")),
}
BANK_OPTIONS: Spec = {
    "financial_connections": group({"permissions": list_of(text()), "prefetch": list_of(text())}),
    "mandate_options": group({"collection_method": clearable(choice("paper"))}),
    "preferred_settlement_speed": clearable(choice("fastest", "standard")),
    "setup_future_usage": clearable(choice("none", "off_session", "on_session")),
    "target_date": text(),
    "transaction_purpose": clearable(choice("goods", "other", "services", "unspecified")),
    "verification_method": choice("automatic", "instant", "microdeposits"),
}
OPTIONS = group({"card": clearable(group(CARD_OPTIONS)), "us_bank_account": clearable(group(BANK_OPTIONS))})
_SHARED: Spec = {
    **EXPAND,
    "amount": integer(1),
    "capture_method": CAPTURE,
    "currency": currency,
    "customer": text(),
    "description": clearable(text(1000)),
    "metadata": metadata,
    "payment_method": clearable(text()),
    "payment_method_data": group(DATA),
    "payment_method_options": OPTIONS,
    "payment_method_types": list_of(choice("card", "us_bank_account")),
    "receipt_email": clearable(email),
    "setup_future_usage": clearable(FUTURE_USE),
    "shipping": clearable(group(SHIPPING, "address", "name")),
    "statement_descriptor": clearable(text(22)),
    "statement_descriptor_suffix": clearable(text(22)),
    "transfer_group": text(),
}
_CONFIRMING: Spec = {
    "error_on_requires_action": boolean,
    "mandate": text(),
    "mandate_data": clearable(group(MANDATE_DATA, "customer_acceptance")),
    "off_session": either(boolean, "one_off", "recurring"),
    "radar_options": group({"session": text()}),
    "return_url": text(),
    "use_stripe_sdk": boolean,
}
CREATE: Spec = {
    **_SHARED,
    **_CONFIRMING,
    "automatic_payment_methods": group({"allow_redirects": choice("always", "never"), "enabled": boolean}, "enabled"),
    "confirm": boolean,
    "confirmation_method": choice("automatic", "manual"),
}
UPDATE = _SHARED
CONFIRM: Spec = {
    **EXPAND,
    **_CONFIRMING,
    "amount_to_confirm": integer(1),
    "capture_method": CAPTURE,
    "client_secret": text(),
    "payment_method": text(),
    "payment_method_data": group(DATA),
    "payment_method_options": OPTIONS,
    "payment_method_types": list_of(choice("card", "us_bank_account")),
    "receipt_email": clearable(email),
    "setup_future_usage": clearable(FUTURE_USE),
    "shipping": clearable(group(SHIPPING, "address", "name")),
}
CAPTURING: Spec = {
    **EXPAND,
    "amount_to_capture": integer(1),
    "final_capture": boolean,
    "metadata": metadata,
    "statement_descriptor": text(22),
    "statement_descriptor_suffix": text(22),
}
CANCEL: Spec = {
    **EXPAND,
    "cancellation_reason": choice("abandoned", "duplicate", "fraudulent", "requested_by_customer"),
}
RETRIEVE: Spec = {**EXPAND, "client_secret": text()}
LIST: Spec = {**PAGE, "created": created, "customer": text()}
