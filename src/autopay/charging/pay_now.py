"""A person pays now. The web writes a due charge and waits for its row: it never calls a processor (design 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autopay.charging.charge import ChargeNow, Decision, Hold, Skip, Why
from autopay.charging.facts import gather
from autopay.charging.on_invoice import Facts
from autopay.charging.plan_again import due_month, plan_again
from autopay.charging.reviewed import first_result, is_true_still
from autopay.charging.withdraw import LOCK, free, lock
from autopay.database import Database
from autopay.journal.write import By
from autopay.refusal import Refusal, sentence


def decide(invoices: Sequence[Facts], asked: int, chosen: int | None) -> Decision:
    """The payer saw `asked` minor units and chose a method: exactly that, or nothing."""
    if any(facts.blocked for facts in invoices):
        return Hold(Why.BLOCKED)
    if invoices[0].quarantined:
        return Skip(Why.QUARANTINE)
    if not invoices[0].connected:
        return Skip(Why.NO_PROCESSOR)
    if chosen is None:
        return Skip(Why.METHOD_GONE)
    if asked > sum(facts.open for facts in invoices) or asked <= 0:
        return Skip(Why.CHANGED)
    return ChargeNow(asked, chosen)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the payer confirmed: these invoices, this amount in minor units, this saved method.

    `review` is what they looked at (reviewed.py), empty where a page asks for no review.
    """

    payer: int
    invoices: tuple[int, ...]
    minor: int
    method: int
    review: str = ""


def pay_now(db: Database, biller: int, wish: Wish, by: By) -> str:
    """Write the due charge a person waits for; an automatic one not yet sent gives way, and is planned again for the account's other
    bills. Returns its public id.

    The same review confirmed again answers with the first charge, whatever has become of it. Raises Refusal while another payment
    is in flight, or when the bills, the amount or the method are not what the payer saw.
    """
    with db.transaction(biller) as tx:
        if wish.review:
            tx.run(LOCK, ids=list(wish.invoices))  # who confirms the same bills at the same moment waits here
            if first := first_result(tx, wish.payer, wish.review):
                return first
            if not is_true_still(tx, wish.payer, wish.invoices, wish.review):
                raise Refusal(Why.CHANGED, "Things changed since you opened this page. Nothing was charged. Please look again.")
        lock(tx, wish.invoices)
        month = due_month(tx, wish.invoices)
        free(tx, wish.invoices, Why.PAID_OTHERWISE)
        facts = gather(tx, wish.invoices)
        if not facts or {fact.payer for fact in facts} != {wish.payer}:
            raise Refusal("not_found", "We cannot find that bill.")
        usable = "select id from method where id = %(id)s and payer_id = %(payer)s and state = 'usable' and verified"
        decision = decide(facts, wish.minor, tx.value(usable, id=wish.method, payer=wish.payer))
        if not isinstance(decision, ChargeNow):
            raise Refusal(decision.why, REFUSED.get(decision.why, CHANGED))
        uid: str = tx.value(
            CHARGE,
            biller=biller,
            payer=wish.payer,
            debt=facts[-1].debt,
            now=by.at,
            currency=facts[0].currency,
            method=wish.method,
            minor=wish.minor,
            actor=by.actor,
            invoices=list(wish.invoices),
            review=wish.review,
        )
        tx.run("select pg_notify('charge_due', '')")
        plan_again(tx, month, by.at)
    return uid


REFUSED = {
    Why.NO_PROCESSOR: sentence("Online payment is not set up here. Please contact us to make a payment."),
    Why.QUARANTINE: sentence("Payments are paused for the moment. Nothing was charged. Please try again later."),
    Why.METHOD_GONE: sentence("This card or bank account is no longer saved. Please choose another one."),
}
CHANGED = sentence("Things changed since you opened this page. Nothing was charged.")

CHARGE = """
    with due as (
        insert into charge (biller_id, payer_id, trigger, debt, priority, run_at, currency, attempt,
                            chosen_method_id, asked_minor, requested_by, review)
        select %(biller)s, %(payer)s, 'pay_now', %(debt)s::text, 0, %(now)s, %(currency)s,
               1 + coalesce((select max(attempt - (key = '')::int) from charge
                             where biller_id = %(biller)s and debt = %(debt)s::text), 0),
               %(method)s, %(minor)s, %(actor)s, %(review)s
        returning id, uid),
    parts as (insert into charge_part (biller_id, charge_id, invoice_id)
        select %(biller)s, due.id, unnest(%(invoices)s::bigint[]) from due)
    select uid::text from due
"""
