"""Stripe's and the banks' codes in the groups a payer is told (V33). What is not listed is simply `declined`.

Sources: docs.stripe.com/declines/codes, /declines/network-codes (ACH), /error-codes; dispute reasons of the published document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autopay.processors.protocol import Reason

_CODES = {
    Reason.EXPIRED: {"expired_card", "invalid_expiry_month", "invalid_expiry_year"},
    Reason.INSUFFICIENT_FUNDS: {"insufficient_funds"},
    Reason.NEEDS_AUTHENTICATION: {
        "authentication_required",
        "authentication_not_handled",
        "payment_intent_authentication_failure",
        "setup_intent_authentication_failure",
    },
    Reason.ACCOUNT_CLOSED: {"account_closed", "bank_account_closed"},
    Reason.NO_ACCOUNT: {
        "no_account",
        "bank_account_invalid_details",
        "incorrect_account_details",
        "invalid_account_number",
        "invalid_bank_account",
    },
    Reason.NOT_AUTHORIZED: {
        "debit_not_authorized",
        "customer_initiated",
        "payment_intent_mandate_invalid",
        "revocation_of_authorization",
        "revocation_of_all_authorizations",
        "stop_payment_order",
    },
    Reason.METHOD_GONE: {
        "payment_method_bank_account_blocked",
        "payment_method_not_available",
        "payment_method_unexpected_state",
    },
}
_REASON_OF = {code: reason for reason, codes in _CODES.items() for code in codes}


def reason_in(error: Mapping[str, Any], *more: str) -> Reason:
    """Of an error that Stripe keeps with a payment or set-up; `more` codes are asked last."""
    return reason_of(str(error.get("decline_code")), str(error.get("code")), *more)


def reason_of(*codes: str) -> Reason:
    """The first code we know decides, so the issuer's decline code goes before the general one."""
    return next((_REASON_OF[code] for code in codes if code in _REASON_OF), Reason.DECLINED)


def is_known(code: str) -> bool:
    return code in _REASON_OF
