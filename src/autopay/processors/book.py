"""What a processor's own book shows: the movements of an account, and its payouts. Standard library only.

It is read to compare it with ours and to find what ours forgot. It never settles anything: only a look-up does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class CannotAsk(Exception):
    """The book could not be read to its end just now; ask again later. What came before it is a part, never the whole."""


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units and a currency (ISO 4217, upper case) as the processor names them: any currency, not only those we bill in."""

    minor: int
    currency: str


class MovementKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"  # above zero: a refund that failed, its money is back
    RETURN = "return"  # the bank sent a debit back after it was money
    DISPUTE = "dispute"  # above zero: won back
    OTHER = "other"  # the processor's own: fees, reserves, top-ups


class MovementState(StrEnum):
    DONE = "done"
    PENDING = "pending"  # it may still become money: on its way at the bank, or waiting for its payer
    FAILED = "failed"  # it was tried and moved nothing


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of a processor account as the processor has it. Money that comes to the biller is above zero.

    `amount` is what the payer sees, in their currency; `settled` the same in the account's, before `fee`. Both are None while
    nothing is booked.
    """

    kind: MovementKind
    state: MovementState
    ref: str
    """The payment, refund or dispute itself."""
    payment: str
    """The payment it is about."""
    at: datetime
    """When it was booked; before that, when the payment was made."""
    amount: Amount
    settled: Amount | None = None
    fee: Amount | None = None
    booking: str = ""
    """The processor's name for this line of its book; a payout names its lines by it. Empty while nothing is booked."""
    available: date | None = None
    """From this UTC date on it is paid out."""
    charge: str = ""
    """`ChargeRef.charge` as we sent it with the payment; empty if the payment is none of ours."""
    biller: str = ""
    mark: str = ""
    """A hash of the key that we sent with the payment or refund, as the adapter makes it (`Processor.mark`)."""


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One line of a payout, in the account's currency; `ref` is the payment or refund it is about, `booking` as in Movement."""

    ref: str
    kind: MovementKind
    gross: Amount
    fee: Amount
    booking: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """A payout. `total` is what the processor says it is, not what its lines add up to."""

    payout: str
    arrives: date
    lines: tuple[SettlementLine, ...] = field(default=())
    total: Amount | None = None
