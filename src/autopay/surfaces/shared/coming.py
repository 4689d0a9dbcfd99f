"""The next automatic charge of an account in words, as the engine would decide it on that day (A51, A55; design 4.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay.charging import coming as engine
from autopay.charging.charge import Hold
from autopay.database import Tx
from autopay.money import Money
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


def coming(tx: Tx, standing: Standing, today: date, currency: str) -> Coming | None:
    """None for an account that is not enrolled, and when nothing is open."""
    found = engine.coming(tx, {standing.payer: today}).get(standing.payer)
    if standing.switch != "on" or found is None:
        return None
    limit = None if standing.cap_minor is None else Money(standing.cap_minor, currency)
    amount, sentence = Money(found.minor, currency), ""
    if found.why is not None:
        until = found.decision.until if isinstance(found.decision, Hold) else None
        sentence = why(Story(found.why, visit=False, until=until, limit=limit))
    return Coming(amount, found.on, standing.method_words, sentence, found.needs_ok, limit)
