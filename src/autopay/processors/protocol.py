"""What the engine asks of a payment processor. No ORM, no requests, no retries, no HTML (processors are one folder each).

A decline is a result. "No answer" is a result of its own kind and never becomes a failure by guessing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from autopay.money import Money
from autopay.processors.book import Movement, Settlement


class Kind(StrEnum):
    CARD = "card"
    BANK = "bank"


class Funding(StrEnum):
    CREDIT = "credit"
    DEBIT = "debit"
    PREPAID = "prepaid"
    BANK = "bank"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why money did not move, in the groups a payer is told (V33); never the issuer's raw code."""

    EXPIRED = "expired"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    DECLINED = "declined"
    NEEDS_AUTHENTICATION = "needs_authentication"
    ACCOUNT_CLOSED = "account_closed"
    NO_ACCOUNT = "no_account"
    NOT_AUTHORIZED = "not_authorized"
    CANCELLED = "cancelled"
    METHOD_GONE = "method_gone"


class Op(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    HOLD = "hold"


class Initiator(StrEnum):
    """Who starts the charge: the payer, present (CIT), or the merchant under a stored credential (MIT); rule C4."""

    PAYER = "payer"
    RECURRING = "recurring"
    UNSCHEDULED = "unscheduled"


@dataclass(frozen=True, slots=True)
class MethodRef:
    """A saved method as the processor knows it: tokens only."""

    token: str
    customer: str
    kind: Kind
    network_ref: str = ""


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """What may be kept of a card or bank account (rule P2): token, brand, last four, expiry, funding."""

    ref: MethodRef
    brand: str
    last4: str
    funding: Funding
    exp_month: int | None = None
    exp_year: int | None = None
    fingerprint: str = ""
    """The processor's own name for the number behind it: the same number, the same name."""
    test: bool = False
    """A number made for testing. Anybody may use it, so its fingerprint says nothing."""
    verified: bool = True
    verification: NeedsPayer | None = None
    """While not verified: where the payer proves that it is theirs, and the set-up `finish_setup` asks whether they did."""


@dataclass(frozen=True, slots=True)
class ChargeRef:
    """Opaque references the processor stores with a charge; nothing about a patient (rule H2)."""

    charge: str
    biller: str
    initiator: Initiator
    return_url: str = ""


# Outcomes of a call: a closed union, so the type checker proves that every case is handled.


@dataclass(frozen=True, slots=True)
class Paid:
    ref: str
    amount: Money
    network_ref: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """Accepted, not yet money: a bank debit on its way."""

    ref: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Declined:
    reason: Reason
    ref: str = ""


@dataclass(frozen=True, slots=True)
class NeedsPayer:
    """The bank wants the payer to confirm at `link`. `amount` is what is waiting for that confirmation."""

    ref: str
    link: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """It cannot have arrived (refused connection) or was refused before it counted (429, 401). Safe to send again."""

    why: str
    retry_after: float = 0.0
    """Seconds the processor asked us to wait; 0 when it did not say."""
    too_fast: bool = False
    """The account as a whole sends more than it may (429): nothing else of it may be sent meanwhile either."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, a cut one, one that cannot be read, or an amount echoed wrong: only a look-up may resolve it."""

    why: str


Outcome = Paid | Pending | Declined | NeedsPayer | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class Absent:
    """Looked everywhere the processor keeps it and found nothing. Not a proof: the request may still be on its way."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A bank debit that came back; `reason` is told to the payer."""

    ref: str
    reason: Reason


Found = Paid | Pending | Declined | NeedsPayer | Returned | Absent | Unknown
"""What a look-up says. Unknown: it could not be asked just now."""


class Ruling(StrEnum):
    """What became of an attempt to use up a key with a harmless body."""

    RULED_OUT = "ruled_out"  # from now on the key can never move money
    USED = "used"  # some request with this key arrived: look up until it is found
    UNSUPPORTED = "unsupported"  # this processor cannot; wait for the key window and absence time
    UNKNOWN = "unknown"  # no answer: ask again


@dataclass(frozen=True, slots=True)
class SetupSession:
    """What the browser needs to show the processor's own fields and confirm a set-up."""

    ref: str
    client_secret: str
    customer: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A method that may not be saved, with the reason told to the payer (A22)."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Event:
    """A signed message from the processor. Only ids are trusted; the object is fetched again (rule Z2)."""

    id: str
    type: str
    object: str
    payment: str = ""
    """The processor's payment reference the event is about, if any."""


class BadSignature(Exception):
    """The message was not signed by the processor, is too old, or is not readable."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    can_rule_out: bool
    key_window_seconds: int
    """How long the processor surely remembers a key."""
    absence_seconds: int
    """How long after a call a look-up that finds nothing may still be overtaken by it."""
    proof_days: int = 0
    """How long a payer has to prove that a bank account is theirs, where that is asked of them."""


class Processor(Protocol):
    """One instance per configured processor account. Every method that talks raises nothing but bugs: it returns outcomes."""

    caps: Capabilities

    async def charge(self, method: MethodRef, amount: Money, *, key: str, ref: ChargeRef) -> Outcome: ...

    async def look_up(self, op: Op, *, key: str, since: datetime, customer: str, ref: str = "") -> Found:
        """Ask by the processor's own reference when `ref` is known, else by our key among the customer's objects since then."""
        ...

    async def rule_out(self, op: Op, *, key: str, method: MethodRef) -> Ruling: ...

    async def cancel(self, ref: str) -> Found:
        """Cancel a payment that waits for its payer; what it came to is the answer (it may just have been paid)."""
        ...

    async def refund(self, ref: str, amount: Money, *, key: str) -> Outcome: ...

    async def start_setup(self, *, customer: str, payer: str, kind: Kind, key: str) -> SetupSession | Unknown: ...

    async def finish_setup(self, setup: str) -> SavedMethod | Refused | NeedsPayer | Unknown: ...

    async def look_at(self, token: str) -> SavedMethod | Refused | Unknown:
        """What a token made in the processor's own fields stands for. No bank is asked: whether it is any good stays open."""
        ...

    async def attach(self, token: str, *, customer: str, payer: str, key: str) -> SavedMethod | Refused | Unknown:
        """Save a token made in the processor's own fields to this customer (made for `payer` when empty)."""
        ...

    async def hold(self, method: MethodRef, amount: Money, *, key: str, ref: ChargeRef) -> Outcome: ...

    async def release(self, ref: str) -> bool: ...

    async def forget(self, method: MethodRef) -> bool: ...

    def ingest(self, body: bytes, headers: Mapping[str, str]) -> Event:
        """Check the signature of a webhook and read its ids; raises BadSignature."""
        ...

    def mark(self, key: str) -> str:
        """What is stored with a payment or refund in place of its key: `Movement.mark` of that attempt."""
        ...

    def movements(self, since: datetime, until: datetime) -> AsyncIterator[Movement]:
        """Everything booked from `since` up to, not including, `until`, and the payments made meanwhile that are not booked.

        In no order. A payment that is booked while it is read may be told twice: before and after. Raises CannotAsk.
        """
        ...

    def settlements(self, since: date, until: date) -> AsyncIterator[Settlement]:
        """Payouts that arrive from `since` to `until`, both included. Raises CannotAsk."""
        ...

    async def close(self) -> None: ...
