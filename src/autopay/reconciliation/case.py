"""One payment as both sides have it: the facts that compare.py decides on. Standard library only.

A case is one charge of ours with all that the payment company booked about it, whenever that was; or a payment of theirs that is
none of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay.processors.book import MovementKind


@dataclass(frozen=True, slots=True)
class Booked:
    """A line of their book. `on` is the biller's local date. Amounts in minor units, above zero what comes to the biller."""

    booking: str
    kind: MovementKind
    ref: str
    payment: str
    on: date
    minor: int
    currency: str
    settled: int
    settled_currency: str
    fee: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class OurRefund:
    """`minor` is what our ledger has of it, `on` when; 0 and None if nothing was sent back."""

    id: int
    ref: str
    mark: str
    minor: int
    on: date | None
    in_flight: bool
    invoice: int


@dataclass(frozen=True, slots=True)
class OurCharge:
    """`captured` and `returned` are the ledger's sums, with the local dates of the last of each."""

    id: int
    ref: str
    currency: str
    bank: bool
    in_flight: bool
    captured: int
    captured_on: date | None
    returned: int
    returned_on: date | None
    invoice: int | None
    refunds: tuple[OurRefund, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """`ours` None: no charge of ours. `lost`: it carries our reference all the same. `on_the_way`: payments they have but not booked.

    That something is missing with them is judged for what our books have from `judged_since` on: of what was before, their book may
    never have been read.
    """

    theirs: tuple[Booked, ...]
    ours: OurCharge | None = None
    lost: bool = False
    on_the_way: frozenset[str] = frozenset()
    judged_since: date = date.min
