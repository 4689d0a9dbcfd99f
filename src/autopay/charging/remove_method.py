"""A payer takes a method out of their wallet (A58). Removing the one autopay charges ends the enrollment, in the same transaction.

It is never blocked. What is not sent yet is withdrawn; what is on its way cannot be stopped and is named.
"""

from __future__ import annotations

from dataclasses import dataclass

from autopay.agreements.change import Change, change_agreement
from autopay.agreements.consent import end_consent
from autopay.agreements.models import Switch
from autopay.charging.charge import Why
from autopay.charging.switch import OnItsWay
from autopay.charging.withdraw import FLYING, withdraw_due
from autopay.database import Database, Tx
from autopay.journal.write import By
from autopay.refusal import Refusal
from autopay.wallet.default import take_out

REMOVED = "method removed"

ON_ITS_WAY_WITH = f"""
    select c.id, c.minor, c.currency, c.sent_at, m.brand, m.last4 from charge c join method m on m.id = c.method_id
    where c.state in ('{FLYING}') and (c.method_id = %(method)s or (%(ends)s and c.payer_id = %(payer)s and c.trigger <> 'pay_now'))
    order by c.sent_at
"""


@dataclass(frozen=True, slots=True)
class Removed:
    """`reference` is the journal entry of the enrollment's end, None where it did not end; `on_its_way` is what was sent before."""

    reference: int | None
    on_its_way: list[OnItsWay]


def remove_method(db: Database, biller: int, method: int, by: By, *, told: bool) -> Removed:
    """`told`: the payer was told that this ends their enrollment. Raises Refusal when that is not what removing it now means.

    Locks as the claim does: agreement, method, then invoices and charges.
    """
    with db.transaction(biller) as tx:
        payer = tx.value("select payer_id from method where id = %(id)s", id=method)
        switch = tx.value("select switch from agreement where payer_id = %(payer)s for update", payer=payer)
        default = tx.value("select is_default from method where id = %(id)s for update", id=method)
        ends = bool(default) and switch == Switch.ON and _is_account(tx, payer)
        if ends != told and default is not None:
            raise Refusal(Why.CHANGED, "Things changed since you opened this page. Nothing was removed. Please look again.")
        take_out(tx, biller, method, by)
        end_consent(tx, biller, method, by, REMOVED)
        reference = change_agreement(tx, biller, payer, Change(Switch.OFF, why=REMOVED), by) if ends else None
        asked = "select id from charge where chosen_method_id = %(method)s and state = 'due'"
        withdraw_due(tx, asked, Why.METHOD_GONE, method=method)
        if ends:
            mine = "select id from charge where payer_id = %(payer)s and state = 'due' and trigger <> 'pay_now'"
            withdraw_due(tx, mine, Why.CANCELLED, payer=payer)
        return Removed(reference, tx.all(OnItsWay, ON_ITS_WAY_WITH, method=method, payer=payer, ends=ends))


def _is_account(tx: Tx, payer: int) -> bool:
    """A patient's Auto-Pay stays on without a default: it waits for one (V20)."""
    return bool(tx.value("select kind = 'account' from payer where id = %(payer)s", payer=payer))
