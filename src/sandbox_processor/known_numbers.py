"""The test numbers, and how each behaves. A number that is not here is refused, never kept and never logged.

Card and account numbers are those Stripe publishes for testing (docs.stripe.com/testing, ACH Direct Debit testing).
Only the label of an entry is stored with a payment method, never its number.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Decline:
    """Why an issuer said no, in the processor's words."""

    code: str
    message: str
    decline_code: str | None = None
    advice: str | None = None
    network_code: str | None = None
    blocked: bool = False
    """The processor itself refused it as too risky; no issuer was asked."""


GENERIC = Decline("card_declined", "Your card was declined.", "generic_decline", "try_again_later", "01")
INSUFFICIENT = Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds", "try_again_later", "51")
LOST = Decline("card_declined", "Your card was declined.", "lost_card", "do_not_try_again", "41")
STOLEN = Decline("card_declined", "Your card was declined.", "stolen_card", "do_not_try_again", "43")
EXPIRED = Decline("expired_card", "Your card has expired.", "expired_card", "do_not_try_again", "54")
WRONG_CVC = Decline("incorrect_cvc", "Your card's security code is incorrect.", "incorrect_cvc", "confirm_card_data", "N7")
PROCESSING = Decline(
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    "processing_error",
    "try_again_later",
    "96",
)
VELOCITY = Decline(
    "card_declined",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "card_velocity_exceeded",
    "try_again_later",
    "61",
)
FRAUDULENT = Decline("card_declined", "Your card was declined.", "fraudulent", blocked=True)
AUTHENTICATE = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)

Authentication = Literal["always", "unless set up", "on session"]


@dataclass(frozen=True, slots=True)
class Card:
    """`on_save` refuses when it is attached or set up (and when charged), `on_charge` only when charged."""

    label: str
    number: str
    brand: str = "visa"
    funding: str = "credit"
    on_save: Decline | None = None
    on_charge: Decline | None = None
    authentication: Authentication | None = None
    dispute: str | None = None
    refund: Literal["pending", "failed"] | None = None

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.label)


@dataclass(frozen=True, slots=True)
class BankReturn:
    """A debit the bank sends back: Stripe's failure code and the Nacha return code beside it."""

    code: str
    network_code: str
    message: str
    blocks: str | None = None


RETURNS: dict[str, BankReturn] = {
    back.network_code: back
    for back in (
        BankReturn("insufficient_funds", "R01", "The customer's account has insufficient funds to cover this payment."),
        BankReturn("account_closed", "R02", "The customer's bank account has been closed.", "bank_account_closed"),
        BankReturn("no_account", "R03", "The bank account could not be located.", "bank_account_invalid_details"),
        BankReturn("invalid_account_number", "R04", "The account number is not valid.", "bank_account_invalid_details"),
        BankReturn("debit_not_authorized", "R05", "The customer has notified their bank that this payment was unauthorized."),
        BankReturn("debit_not_authorized", "R07", "The customer has revoked the authorization.", "debit_not_authorized"),
        BankReturn("debit_not_authorized", "R08", "The customer has stopped this payment.", "debit_not_authorized"),
        BankReturn("insufficient_funds", "R09", "The customer's account has uncollected funds."),
        BankReturn(
            "debit_not_authorized",
            "R10",
            "The customer has notified their bank that this payment was unauthorized.",
            "debit_not_authorized",
        ),
        BankReturn("account_frozen", "R16", "The customer's bank account is frozen.", "bank_account_frozen"),
        BankReturn("bank_account_restricted", "R20", "The account cannot be debited.", "bank_account_restricted"),
        BankReturn(
            "debit_not_authorized", "R29", "The company has notified its bank that this was unauthorized.", "debit_not_authorized"
        ),
    )
}


@dataclass(frozen=True, slots=True)
class BankAccount:
    label: str
    number: str
    returns: str | None = None
    stays_pending: bool = False
    dispute: bool = False
    deposits_fail: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        return _fingerprint(self.label)


ROUTING = "110000000"
BANK_NAME = "STRIPE TEST BANK"


def _fingerprint(label: str) -> str:
    return hashlib.sha256(f"sandbox {label}".encode()).hexdigest()[:16]


_CARDS = (
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", "mastercard"),
    Card("mastercard_debit", "5200828282828210", "mastercard", "debit"),
    Card("mastercard_prepaid", "5105105105105100", "mastercard", "prepaid"),
    Card("amex", "378282246310005", "amex"),
    Card("discover", "6011111111111117", "discover"),
    Card("diners", "3056930009020004", "diners"),
    Card("jcb", "3566002020360505", "jcb"),
    Card("unionpay", "6200000000000005", "unionpay"),
    Card("mastercard_2_series", "2223003122003222", "mastercard"),
    Card("amex_2", "371449635398431", "amex"),
    Card("discover_2", "6011000990139424", "discover"),
    Card("diners_2", "36227206271667", "diners"),
    Card("bypassPending", "4000000000000077"),
    Card("visa_chargeDeclined", "4000000000000002", on_save=GENERIC),
    Card("visa_chargeDeclinedInsufficientFunds", "4000000000009995", on_save=INSUFFICIENT),
    Card("visa_chargeDeclinedLostCard", "4000000000009987", on_save=LOST),
    Card("visa_chargeDeclinedStolenCard", "4000000000009979", on_save=STOLEN),
    Card("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975", on_save=VELOCITY),
    Card("chargeDeclinedExpiredCard", "4000000000000069", on_save=EXPIRED),
    Card("chargeDeclinedIncorrectCvc", "4000000000000127", on_save=WRONG_CVC),
    Card("chargeDeclinedProcessingError", "4000000000000119", on_save=PROCESSING),
    Card("chargeDeclinedFraudulent", "4100000000000019", on_charge=FRAUDULENT),
    Card("chargeCustomerFail", "4000000000000341", on_charge=GENERIC),
    Card("authenticationRequired", "4000002760003184", authentication="always"),
    Card("authenticationRequiredOnSetup", "4000002500003155", authentication="unless set up"),
    Card("authenticationRequiredSetupForOffSession", "4000003800000446", authentication="on session"),
    Card("threeDSecureRequired", "4000000000003063", authentication="always"),
    Card("threeDSecureOptional", "4000000000003055"),
    Card("threeDSecure2Required", "4000000000003220", authentication="always"),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        on_charge=INSUFFICIENT,
        authentication="always",
    ),
    Card("createDispute", "4000000000000259", dispute="fraudulent"),
    Card("createDisputeProductNotReceived", "4000000000002685", dispute="product_not_received"),
    Card("pendingRefund", "4000000000007726", refund="pending"),
    Card("refundFail", "4000000000005126", refund="failed"),
)
_BANK_ACCOUNTS = (
    BankAccount("success", "000123456789"),
    BankAccount("accountClosed", "000111111113", returns="R02"),
    BankAccount("noAccount", "000111111116", returns="R03"),
    BankAccount("insufficientFunds", "000222222227", returns="R01"),
    BankAccount("debitNotAuthorized", "000333333335", returns="R10"),
    BankAccount("failMicrodeposits", "000666666661", deposits_fail=True),
    BankAccount("dispute", "000555555559", dispute=True),
    BankAccount("processing", "000000000009", stays_pending=True),
)
CARDS: dict[str, Card] = {card.label: card for card in _CARDS}
BANK_ACCOUNTS: dict[str, BankAccount] = {account.label: account for account in _BANK_ACCOUNTS}
CARD_NUMBERS: dict[str, Card] = {card.number: card for card in _CARDS}
ACCOUNT_NUMBERS: dict[str, BankAccount] = {account.number: account for account in _BANK_ACCOUNTS}


def card_of_token(token: str) -> Card | None:
    """The card of `pm_card_LABEL`, `tok_LABEL` or `tok_visa_createDispute`."""
    for prefix in ("pm_card_", "tok_visa_", "tok_"):
        label = token.removeprefix(prefix)
        if token.startswith(prefix) and label in CARDS:
            return CARDS[label]
        if token.startswith(prefix) and f"visa_{label}" in CARDS:
            return CARDS[f"visa_{label}"]
    return None


def bank_account_of_token(token: str) -> BankAccount | None:
    prefix = "pm_usBankAccount_"
    return BANK_ACCOUNTS.get(token.removeprefix(prefix)) if token.startswith(prefix) else None


def passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def passes_routing_check(number: str) -> bool:
    """The ABA check digit (3-7-1) and a Federal Reserve prefix in use."""
    if len(number) != 9 or not number.isascii() or not number.isdigit():
        return False
    prefix = int(number[:2])
    weighted = sum(int(digit) * weight for digit, weight in zip(number, (3, 7, 1) * 3, strict=True))
    return weighted % 10 == 0 and (1 <= prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80)
