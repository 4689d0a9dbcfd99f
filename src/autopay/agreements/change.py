"""Change an agreement: lock its row, write the next version, keep the old one for ever (design 4.3)."""

from __future__ import annotations

from datetime import datetime

from autopay.agreements.models import Switch
from autopay.database import Tx
from autopay.journal.write import By, note

KEEP = object()


def change_agreement(
    tx: Tx,
    biller: int,
    payer: int,
    by: By,
    *,
    switch: Switch | None = None,
    cap_minor: object = KEEP,
    since: datetime | None = None,
) -> int:
    """Returns the journal entry. `since`: invoices issued from this business instant on are taken (default: now, if it turns on)."""
    before = tx.one(dict, "select switch, cap_minor from agreement where payer_id = %(payer)s for update", payer=payer)
    if before is None:
        raise LookupError(f"payer {payer} has no agreement row")
    after = switch or Switch(before["switch"])
    turned = after != before["switch"]
    tx.run(
        """update agreement set switch = %(switch)s, cap_minor = %(cap)s, version = version + 1, changed_by = %(actor)s,
               since = case when %(turned)s then coalesce(%(since)s, %(now)s) else since end
           where payer_id = %(payer)s""",
        switch=after.value,
        cap=before["cap_minor"] if cap_minor is KEEP else cap_minor,
        actor=by.actor,
        turned=turned,
        since=since,
        now=by.at,
        payer=payer,
    )
    keep_version(tx, payer, by)
    return note(tx, biller, by, f"auto-pay {after.value}", ("payer", payer), was=before["switch"], now=after.value)


def keep_version(tx: Tx, payer: int, by: By) -> None:
    tx.run(
        """insert into agreement_version (biller_id, payer_id, version, switch, cap_minor, at, by)
           select biller_id, payer_id, version, switch, cap_minor, %(now)s, %(actor)s from agreement where payer_id = %(payer)s""",
        now=by.at,
        actor=by.actor,
        payer=payer,
    )
