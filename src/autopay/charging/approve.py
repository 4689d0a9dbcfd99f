"""A person says yes to bills above the account's limit, on the page or by the link in a mail (A55). Until then nothing is charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing

from autopay.charging.coming import coming
from autopay.charging.plan import plan_months
from autopay.clock import local_date
from autopay.database import Database
from autopay.journal.write import By, note
from autopay.refusal import Refusal

APPROVE = """
    update invoice set approved_minor = total - captured + returned - elsewhere where id = any(%(ids)s::bigint[])
"""
DUE = "select id from invoice where id = any(%(ids)s::bigint[]) and due_on <= %(today)s order by id"
CHARGE_DAY = """
    select max(i.due_on) from invoice i where i.id = any(%(ids)s::bigint[]) and not exists (
        select from charge c where c.payer_id = i.payer_id and c.trigger = 'monthly' and c.period = i.due_on and c.state <> 'withdrawn')
"""
"""What is charged late counts for the charge day it waited since: a bill that tonight brings is not taken for charged (design 4.13)."""
SALT = "autopay.approve"
GOOD_FOR = timedelta(days=40)
"""As long as a bill may wait for a yes before the next month's bill is added to it, and some days."""


def approve(db: Database, biller: int, payer: int, seen: int, by: By) -> None:
    """`seen` is the amount in minor units the person said yes to; a bill that changed since is refused. What is due is charged at once."""
    with db.transaction(biller) as tx:
        tx.run("select payer_id from agreement where payer_id = %(payer)s for share", payer=payer)
        tx.run(
            """select id from invoice where payer_id = %(payer)s and kind = 'monthly' and voided_at is null
               and total > captured - returned + elsewhere order by id for update""",
            payer=payer,
        )
        zone = tx.value("select zone from biller where id = %(biller)s", biller=biller)
        today = local_date(by.at, zone)
        held = coming(tx, {payer: today}).get(payer)
        if held is None or not held.needs_ok:
            raise Refusal("no_ok_needed", "This bill does not need your OK any more. Please look at it again.")
        if held.minor != seen:
            raise Refusal("changed", "Your bill has changed since then. Nothing was charged. Please look again.")
        ids = [facts.invoice for facts in held.bills]
        tx.run(APPROVE, ids=ids)
        note(tx, biller, by, "bill approved", ("payer", payer), minor=seen, invoices=ids)
        due = tx.column(DUE, ids=ids, today=today)
        plan_months(tx, due, by.at, tx.value(CHARGE_DAY, ids=due))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link in a mail asks about: this biller's payer (public id) and the amount in minor units it named."""

    biller: int
    payer: str
    minor: int


def ticket(asked: Asked) -> str:
    """For the address in the mail. Signed by this installation: it can say yes to exactly this amount, for this payer, and nothing else."""
    return signing.dumps([asked.biller, asked.payer, asked.minor], salt=SALT)


def read_ticket(text: str) -> Asked | None:
    """None if it was not made here or is too old."""
    try:
        return Asked(*signing.loads(text, salt=SALT, max_age=GOOD_FOR))
    except signing.BadSignature:
        return None
