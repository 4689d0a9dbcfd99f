"""Account autopay: may this account's open invoices be charged on its charge day? Facts in, decision out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from autopay.charging.charge import Decision, Hold, Skip, Why
from autopay.charging.on_invoice import Facts, if_able


def on_charge_day(invoices: Sequence[Facts], today: date) -> list[tuple[list[Facts], Decision]]:
    """One account's open bills on a charge day, the oldest first: what is older than its enrollment is left alone, the rest is one charge."""
    older = [facts for facts in invoices if facts.switch == "on" and not facts.covered]
    taken = [facts for facts in invoices if facts.switch != "on" or facts.covered]
    left: list[tuple[list[Facts], Decision]] = [([facts], Skip(Why.BEFORE_ENROLLMENT)) for facts in older]
    return [*left, (taken, decide(taken, today))] if taken else left


def decide(invoices: Sequence[Facts], today: date) -> Decision:
    """One charge for all of them. Above the cap the account set, it waits for the payer's yes (A55)."""
    first = invoices[0]
    if first.switch != "on":
        return Skip(Why.NOT_ENROLLED)
    if not all(facts.covered for facts in invoices):
        return Skip(Why.BEFORE_ENROLLMENT)
    if any(facts.blocked for facts in invoices):
        return Hold(Why.BLOCKED)
    total = sum(facts.open for facts in invoices)
    if first.cap_minor is not None and total > max(first.cap_minor, approved(invoices)):
        return Hold(Why.OVER_CAP)
    return if_able(first, total, today)


def approved(invoices: Sequence[Facts]) -> int:
    """What the payer said yes to: the sum over invoices that were each approved."""
    return sum(facts.approved_minor or 0 for facts in invoices)
