"""The life of one charge, as a table. Standard library only; the database knows the same table (charging/migrations)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    DUE = "due"
    SENDING = "sending"
    NEEDS_PAYER = "needs_payer"
    UNKNOWN = "unknown"
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"


S = State
MOVES: dict[State, frozenset[State]] = {
    S.DUE: frozenset({S.SENDING, S.WITHDRAWN}),
    S.SENDING: frozenset({S.PAID, S.PENDING, S.FAILED, S.NEEDS_PAYER, S.DUE, S.UNKNOWN}),
    S.NEEDS_PAYER: frozenset({S.PAID, S.FAILED}),
    S.UNKNOWN: frozenset({S.PAID, S.PENDING, S.FAILED, S.NEEDS_PAYER, S.DUE, S.WITHDRAWN}),
    S.PENDING: frozenset({S.PAID, S.RETURNED}),
    S.PAID: frozenset({S.RETURNED}),
    S.FAILED: frozenset(),
    S.WITHDRAWN: frozenset(),
    S.RETURNED: frozenset(),
}
IN_FLIGHT = frozenset({S.SENDING, S.NEEDS_PAYER, S.UNKNOWN, S.PENDING})
"""Money may be on its way: the invoice takes no other payment, no void and no edit (V35, V36)."""
LIVE = IN_FLIGHT | {S.DUE}
"""States in which a charge holds its invoices: one live part per invoice, over every way to pay."""


class RefundState(StrEnum):
    DUE = "due"
    SENDING = "sending"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


R = RefundState
REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    R.DUE: frozenset({R.SENDING}),
    R.SENDING: frozenset({R.DONE, R.FAILED, R.DUE, R.UNKNOWN}),
    R.UNKNOWN: frozenset({R.DONE, R.FAILED, R.DUE}),
    R.DONE: frozenset(),
    R.FAILED: frozenset(),
}


class Trigger(StrEnum):
    MONTHLY = "monthly"
    ON_INVOICE = "on_invoice"
    PAY_NOW = "pay_now"


class Why(StrEnum):
    """Why an invoice was, will be or was not charged. Screens turn each into one sentence, the same for payer and office."""

    CHARGED = "charged"
    COMPANY_OFF = "company_off"
    OWN_OFF = "own_off"
    NOT_ENROLLED = "not_enrolled"
    BEFORE_ENROLLMENT = "before_enrollment"
    NO_DEFAULT = "no_default"
    NO_CONSENT = "no_consent"
    BEING_VERIFIED = "being_verified"
    NOTICE_FIRST = "notice_first"
    OVER_CAP = "over_cap"
    NO_PROCESSOR = "no_processor"
    QUARANTINE = "quarantine"
    BLOCKED = "blocked"
    NOTHING_OPEN = "nothing_open"
    IN_FLIGHT = "in_flight"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    CHANGED = "changed"
    PAID_ELSEWHERE = "paid_elsewhere"
    PAID_OTHERWISE = "paid_otherwise"
    ABANDONED = "abandoned"
    METHOD_GONE = "method_gone"
    NOT_BY_AUTOPAY = "not_by_autopay"


@dataclass(frozen=True, slots=True)
class ChargeNow:
    """Charge `minor` (minor units of the invoice's currency) to the method with this id."""

    minor: int
    method: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Not yet: ask again on the local date `until`; None means a person must act first."""

    why: Why
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Auto-pay leaves this alone; a person may still pay it."""

    why: Why


Decision = ChargeNow | Hold | Skip


def may_move(old: State, new: State) -> bool:
    return new in MOVES[old]
