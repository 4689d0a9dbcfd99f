"""What auto-pay will do next with an account's open bills: the night's own grouping and decision, asked ahead (A51, A55)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from autopay.charging import monthly
from autopay.charging.charge import ChargeNow, Decision, Hold, Why
from autopay.charging.facts import gather
from autopay.charging.on_invoice import Facts
from autopay.database import Tx

OPEN_BILLS = """
    select i.id, i.payer_id as payer, i.due_on, i.why from invoice i
    where i.payer_id = any(%(payers)s::bigint[]) and i.kind = 'monthly' and i.voided_at is null
      and i.total > i.captured - i.returned + i.elsewhere
      and not exists (select from charge_part p where p.invoice_id = i.id and p.live)
    order by i.id
"""


@dataclass(frozen=True, slots=True)
class _Bill:
    id: int
    payer: int
    due_on: date
    why: str


@dataclass(frozen=True, slots=True)
class Coming:
    """The bills that are taken together on the local date `on`, and what would be done with them. Amounts in minor units."""

    on: date
    bills: list[Facts]
    decision: Decision

    @property
    def minor(self) -> int:
        return sum(facts.open for facts in self.bills)

    @property
    def needs_ok(self) -> bool:
        """Above the account's limit: nothing is charged until a person says yes."""
        return isinstance(self.decision, Hold) and self.decision.why is Why.OVER_CAP

    @property
    def why(self) -> Why | None:
        """What stands in the way; None where it would be charged."""
        return None if isinstance(self.decision, ChargeNow) else self.decision.why


def coming(tx: Tx, todays: Mapping[int, date]) -> dict[int, Coming]:
    """By payer id; `todays` names the payers, each with its biller's local date. Two statements however many; no entry: nothing comes."""
    of_payer: dict[int, list[_Bill]] = defaultdict(list)
    for bill in tx.all(_Bill, OPEN_BILLS, payers=list(todays)):
        of_payer[bill.payer].append(bill)
    together = {payer: _together(bills, todays[payer]) for payer, bills in of_payer.items()}
    facts = {each.invoice: each for each in gather(tx, [bill.id for _, bills in together.values() for bill in bills])}
    found = {}
    for payer, (on, bills) in together.items():
        taken = [each for bill in bills if (each := facts[bill.id]).covered or each.switch != "on"]
        if taken:
            found[payer] = Coming(on, taken, monthly.decide(taken, on))
    return found


def _together(bills: list[_Bill], today: date) -> tuple[date, list[_Bill]]:
    """On the next charge day everything that is open by then; with no such day, what is held until a person says yes."""
    ahead = [bill.due_on for bill in bills if bill.due_on > today or (bill.due_on == today and not bill.why)]
    if not ahead:
        return today, [bill for bill in bills if bill.why == Why.OVER_CAP]
    on = min(ahead)
    return on, [bill for bill in bills if bill.due_on <= on]
