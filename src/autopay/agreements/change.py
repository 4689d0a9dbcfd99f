"""Change an agreement: lock its row, write the next version, keep the old one for ever (design 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from autopay.agreements.models import Switch
from autopay.database import Tx
from autopay.journal.write import By, note

NO_LIMIT = -1


@dataclass(frozen=True, slots=True)
class Change:
    """`since`: invoices issued from this business instant on are taken (default: now, if it turns). `cap_minor` in minor units; NO_LIMIT
    takes the cap away, None leaves it. `why`: what ended it, where that was not the payer's wish to cancel.
    """

    switch: Switch
    since: datetime | None = None
    cap_minor: int | None = None
    why: str = ""


def change_agreement(tx: Tx, biller: int, payer: int, change: Change, by: By, **told: Any) -> int:
    """Returns the journal entry, the reference people can quote; `told` is written down in it."""
    before = tx.record("select switch, cap_minor from agreement where payer_id = %(payer)s for update", payer=payer)
    if before is None:
        raise LookupError(f"payer {payer} has no agreement row")
    turned = change.switch != before["switch"]
    after = tx.record(
        """update agreement set switch = %(switch)s, cap_minor = %(cap)s, version = version + 1, changed_by = %(actor)s,
               since = case when %(turned)s then coalesce(%(since)s, %(now)s) else since end
           where payer_id = %(payer)s returning version, cap_minor""",
        switch=change.switch.value,
        cap=_cap(before["cap_minor"], change.cap_minor),
        actor=by.actor,
        turned=turned,
        since=change.since,
        now=by.at,
        payer=payer,
    )
    keep_version(tx, payer, by)
    turn = (
        {"was": before["switch"], "now": change.switch.value} | (after or {}) | told | ({"why": change.why} if change.why else {})
    )
    return note(tx, biller, by, f"auto-pay {change.switch.value}", ("payer", payer), **turn)


def _cap(before: int | None, asked: int | None) -> int | None:
    return before if asked is None else None if asked < 0 else asked


def keep_version(tx: Tx, payer: int, by: By) -> None:
    tx.run(
        """insert into agreement_version (biller_id, payer_id, version, switch, cap_minor, at, by)
           select biller_id, payer_id, version, switch, cap_minor, %(now)s, %(actor)s from agreement where payer_id = %(payer)s""",
        now=by.at,
        actor=by.actor,
        payer=payer,
    )
