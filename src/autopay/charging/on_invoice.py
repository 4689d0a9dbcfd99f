"""Auto-pay on invoice: may this visit's invoice be charged now? Facts in, decision out; nothing else is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from autopay.charging.charge import ChargeNow, Decision, Hold, Skip, Why

NOTICE = timedelta(days=11)
"""Ten full days between the day of the notice and the charge (rule E6, V39)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One invoice and all that decides about charging it. Amounts in minor units, dates local to the biller."""

    invoice: int
    biller: int
    payer: int
    debt: str
    currency: str
    zone: str
    open: int
    blocked: bool
    connected: bool
    """A payment processor is connected."""
    switch: str
    """The payer's own: follow, on, off."""
    company_on: bool
    version: int
    """The agreement version in force, by id."""
    covered: bool
    """The invoice was issued under this agreement, not before it."""
    cap_minor: int | None
    approved_minor: int | None
    method: int | None
    """The default method, if it is usable."""
    verified: bool
    consented: bool
    needs_notice: bool
    """A consumer's bank debit, debit, prepaid or unknown card: rule E1."""
    range_minor: int | None
    """What the payer agreed to be charged without notice."""
    noticed_on: date | None
    quarantined: bool = False  # restored or copied books: nothing is sent for now


def decide(facts: Facts, today: date) -> Decision:
    """The payer's own setting stands above the company's (V23); a switch alone charges nobody (V28)."""
    if facts.switch == "off":
        return Skip(Why.OWN_OFF)
    if facts.switch == "follow" and not facts.company_on:
        return Skip(Why.COMPANY_OFF)
    return if_able(facts, facts.open, today)


def if_able(facts: Facts, minor: int, today: date) -> Decision:
    """What every automatic charge of `minor` needs, whatever triggers it."""
    if minor <= 0:
        return Skip(Why.NOTHING_OPEN)
    if facts.method is None or not facts.consented:
        return Skip(Why.NO_CONSENT if facts.method else Why.NO_DEFAULT if facts.connected else Why.NO_PROCESSOR)
    if facts.quarantined:
        return Hold(Why.QUARANTINE, today)
    if not facts.connected:  # disconnected: it waits (A64)
        return Hold(Why.NO_PROCESSOR, today + timedelta(days=1))
    if facts.blocked:
        return Hold(Why.BLOCKED, today + timedelta(days=1))
    if not facts.verified:
        return Hold(Why.BEING_VERIFIED, today + timedelta(days=1))
    if facts.needs_notice and (facts.range_minor is None or minor > facts.range_minor):
        earliest = (facts.noticed_on or today) + NOTICE
        if today < earliest:
            return Hold(Why.NOTICE_FIRST, earliest)
    return ChargeNow(minor, facts.method)
