"""Turn auto-pay on or off: for one payer, for the company. Off withdraws what is not sent yet and names what is (A33, V23).

The claim holds the same rows for share: once this commits, no charge they forbid is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.models import Switch
from autopay.charging.charge import IN_FLIGHT, Why
from autopay.charging.withdraw import withdraw_due
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal
from autopay.wallet.default import make_default

ON_ITS_WAY = f"""
    select c.id, c.minor, c.currency, c.sent_at, m.brand, m.last4 from charge c join method m on m.id = c.method_id
    where c.payer_id = %(payer)s and c.trigger <> 'pay_now' and c.state in ('{"', '".join(sorted(IN_FLIGHT))}') order by c.sent_at
"""


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A charge sent before the cancellation: it cannot be stopped (L3). `sent_at` is a business instant."""

    id: int
    minor: int
    currency: str
    sent_at: datetime
    brand: str
    last4: str


@dataclass(frozen=True, slots=True)
class Changed:
    """`reference` is the journal entry people can quote; `withdrawn` how many due charges were taken back."""

    reference: int
    withdrawn: int
    on_its_way: list[OnItsWay]


def set_switch(db: Database, biller: int, payer: int, switch: Switch, by: By) -> Changed:
    """The payer's own setting. Turning it on charges nothing by itself (V32)."""
    with db.transaction(biller) as tx:
        return _set(tx, biller, payer, switch, by)


def turn_on_with(db: Database, biller: int, payer: int, method: int, by: By) -> Changed:
    """On, and `method` becomes the default: both or neither (V24). Raises Refusal when it is not of this payer or not usable any more."""
    with db.transaction(biller) as tx:
        tx.run("select from agreement where payer_id = %(payer)s for update", payer=payer)
        if tx.value("select payer_id from method where id = %(id)s", id=method) != payer:
            raise Refusal("method_gone", "This card or bank account cannot be used. Please choose another one.")
        make_default(tx, biller, method, by)
        return _set(tx, biller, payer, Switch.ON, by)


def _set(tx: Tx, biller: int, payer: int, switch: Switch, by: By) -> Changed:
    tx.run(
        "select from agreement where payer_id = %(payer)s for update", payer=payer
    )  # from here on nothing more is sent under it
    company_on = tx.value('select "on" from company_switch where biller_id = %(biller)s', biller=biller)
    withdrawn, told = 0, {}
    if switch is Switch.OFF or (switch is Switch.FOLLOW and not company_on):
        mine = "select id from charge where payer_id = %(payer)s and state = 'due' and trigger <> 'pay_now'"
        withdrawn = withdraw_due(tx, mine, Why.CANCELLED, payer=payer)
    sent = tx.all(OnItsWay, ON_ITS_WAY, payer=payer)
    if switch is Switch.OFF:  # what the person is told stays on record (L3, A33)
        told = {"withdrawn": withdrawn, "on_its_way": [each.id for each in sent]}
    reference = change_agreement(tx, biller, payer, Change(switch), by, **told)
    return Changed(reference, withdrawn, sent)


def set_company(db: Database, biller: int, on: bool, by: By) -> int:
    """The company-wide switch: bears on invoices issued from now on (V22). Off withdraws followers' due charges; returns how many."""
    with db.transaction(biller) as tx:
        tx.run(
            """update company_switch set "on" = %(on)s, changed_at = %(now)s, changed_by = %(actor)s where biller_id = %(biller)s""",
            on=on,
            now=by.at,
            actor=by.actor,
            biller=biller,
        )
        note(tx, biller, by, f"company auto-bill {'on' if on else 'off'}", ("biller", biller))
        followers = """select c.id from charge c join agreement a on a.payer_id = c.payer_id
            where c.biller_id = %(biller)s and a.switch = 'follow' and c.state = 'due' and c.trigger = 'on_invoice'"""
        return 0 if on else withdraw_due(tx, followers, Why.CANCELLED, biller=biller)
