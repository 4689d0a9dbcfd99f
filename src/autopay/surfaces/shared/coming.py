"""The next automatic charge of an account in words, as the engine would decide it on that day (A51, A55; design 4.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay.billing.coming import coming_bills
from autopay.charging import coming as engine
from autopay.charging.charge import Hold
from autopay.charging.forecast import Expected, Span, forecast, next_night
from autopay.database import Tx
from autopay.money import Money
from autopay.running import clock
from autopay.sentences import Story, why
from autopay.surfaces.shared.standing import Standing


@dataclass(frozen=True, slots=True)
class Coming:
    """`why` says, in a sentence, why it would not be made; empty where it would. `limit` is set where it needs a yes."""

    amount: Money
    on: date
    method: str
    why: str
    needs_ok: bool
    limit: Money | None


def coming(tx: Tx, standing: Standing, today: date, currency: str, next_bill: date | None = None) -> Coming | None:
    """None for an account that is not enrolled, and when nothing is open and the bill of `next_bill` is not asked about or not to come."""
    if standing.switch != "on":
        return None
    limit = None if standing.cap_minor is None else Money(standing.cap_minor, currency)
    found = engine.coming(tx, {standing.payer: today}).get(standing.payer)
    if found is None:
        return _of_next_bill(tx, standing, next_bill, currency, limit) if next_bill and standing.able else None
    amount, sentence = Money(found.minor, currency), ""
    if found.why is not None:
        until = found.decision.until if isinstance(found.decision, Hold) else None
        sentence = why(Story(found.why, visit=False, until=until, limit=limit))
    return Coming(amount, found.on, standing.method_words, sentence, found.needs_ok, limit)


def _of_next_bill(tx: Tx, standing: Standing, on: date, currency: str, limit: Money | None) -> Coming | None:
    """Before it is issued: at the prices known for its day, with what stays open until then. A yes is asked for once there is a bill."""
    bill = next(iter(coming_bills(tx, standing.biller, on, on, standing.payer)), None)
    if bill is None:
        return None
    expected = _expected(tx, standing, on, bill.due_on)
    if expected is None or expected.charged:
        return Coming(
            Money(expected.minor if expected else bill.minor, currency), bill.due_on, standing.method_words, "", False, limit
        )
    sentence = why(Story(expected.why, visit=False, until=expected.until, limit=limit))
    return Coming(Money(expected.minor, currency), bill.due_on, standing.method_words, sentence, False, limit)


def _expected(tx: Tx, standing: Standing, issued: date, on: date) -> Expected | None:
    """What the engine would do that day with the bill that is still to be issued (ids below zero) and all that it takes along."""
    span = Span(min(next_night(tx, standing.biller), issued), on, standing.payer)
    told = forecast(tx, standing.biller, span, clock().now())
    return next((each for each in told if each.on == on and any(bill < 0 for bill in each.bills)), None)
