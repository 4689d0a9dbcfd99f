"""What the claim does with a due charge that is not to be sent now: wait for its day, or be withdrawn with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from autopay.charging import plan
from autopay.charging.charge import Decision, Hold, Trigger
from autopay.charging.on_invoice import Facts
from autopay.database import Tx

POSTPONE = """update charge c set run_at = x.run_at
    from unnest(%(ids)s::bigint[], %(run_ats)s::timestamptz[]) as x (id, run_at) where c.id = x.id"""
WITHDRAW = """update charge c set state = 'withdrawn', reason = x.why
    from unnest(%(ids)s::bigint[], %(whys)s::text[]) as x (id, why) where c.id = x.id and c.state = 'due'"""


class Claimable(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def trigger(self) -> str: ...


Decided = tuple[Claimable, Sequence[Facts], Decision]


def put_off(tx: Tx, decisions: Sequence[Decided], now: datetime) -> None:
    """Under the claim's locks. What auto-pay decided is stored on the invoices; a person's Pay Now leaves their sentence alone."""
    holds = [(due, group, d) for due, group, d in decisions if isinstance(d, Hold) and d.until]
    others = [(due, plan.why(d)) for due, _, d in decisions if not (isinstance(d, Hold) and d.until)]
    if holds:
        tx.run(POSTPONE, ids=[h[0].id for h in holds], run_ats=[plan.run_at(h[2], h[1][0].zone, now) for h in holds])
    if others:
        tx.run(WITHDRAW, ids=[due.id for due, _ in others], whys=[why for _, why in others])
    auto = [(facts, d) for due, group, d in decisions if due.trigger != Trigger.PAY_NOW for facts in group]
    plan.explain(tx, auto, now)
