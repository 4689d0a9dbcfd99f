"""The one permission table: who may do what (V29). A role that is not listed for an act may not do it."""

from __future__ import annotations

from enum import StrEnum

from autopay.parties.models import Role


class Act(StrEnum):
    SEE_PAYERS = "see payers"
    SEE_OWN = "see own billing"
    PAY_OWN = "pay own invoices"
    ASK_OWN = "ask the office to change own auto-pay"
    ENROLL_OWN = "enroll and cancel own account"
    PRODUCTS_OWN = "choose own products"
    INVOICE = "complete and invoice visits"
    SWITCH_PAYER = "switch auto-pay for one payer"
    SWITCH_COMPANY = "switch auto-pay for the company"
    METHODS = "manage payment methods"
    RECORD_PAYMENT = "record a payment made elsewhere"
    VOID = "void an invoice"
    REFUND = "refund"
    PRICES = "change products and prices"
    STAFF = "manage staff and settings"
    REPORTS = "read reports"


ALLOWED: dict[Role, frozenset[Act]] = {
    Role.OWNER: frozenset(Act) - {Act.SEE_OWN, Act.PAY_OWN, Act.ASK_OWN, Act.ENROLL_OWN, Act.PRODUCTS_OWN},
    Role.BILLING_MANAGER: frozenset(
        {
            Act.SEE_PAYERS,
            Act.INVOICE,
            Act.SWITCH_PAYER,
            Act.METHODS,
            Act.RECORD_PAYMENT,
            Act.VOID,
            Act.REFUND,
            Act.PRICES,
            Act.REPORTS,
        }
    ),
    Role.FRONT_DESK: frozenset({Act.SEE_PAYERS, Act.INVOICE, Act.METHODS, Act.RECORD_PAYMENT}),
    Role.AUDITOR: frozenset({Act.SEE_PAYERS, Act.REPORTS}),
    Role.ACCOUNT_OWNER: frozenset({Act.SEE_OWN, Act.PAY_OWN, Act.ENROLL_OWN, Act.PRODUCTS_OWN}),
    Role.PATIENT: frozenset({Act.SEE_OWN, Act.PAY_OWN, Act.ASK_OWN}),
    Role.BILLING_CONTACT: frozenset({Act.SEE_OWN, Act.PAY_OWN, Act.ASK_OWN}),
}


def may(role: Role | str, act: Act) -> bool:
    return act in ALLOWED[Role(role)]
