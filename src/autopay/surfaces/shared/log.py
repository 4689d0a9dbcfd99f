"""Who changed what: the journal in plain words (V27). Actors are named as people know them, deeds by what they did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from autopay import words
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.models import User
from autopay.sentences import because

# Of each thing of the payer's its newest entries, by the index over things: the journal itself is never read through.
ENTRIES = """
    with thing (object, id) as (
        select 'payer', %(payer)s::bigint
        union all select 'invoice', id from invoice where payer_id = %(payer)s
        union all select 'charge', id from charge where payer_id = %(payer)s
        union all select 'refund', r.id from refund r join charge d on d.id = r.charge_id where d.payer_id = %(payer)s
        union all select 'consent', id from consent where payer_id = %(payer)s)
    select e.id, e.at, e.actor, e.action, e.data::text as data, payer.kind = 'account' as account, c.minor, c.currency,
           coalesce(m.kind, '') as method_kind, coalesce(m.brand, '') as brand, coalesce(m.last4, '') as last4
    from (select e.* from thing cross join lateral (
              select e.* from journal_entry e where e.object = thing.object and e.object_id = thing.id
              order by e.id desc limit %(limit)s) e
          order by e.id desc limit %(limit)s) e
    join payer on payer.id = %(payer)s
    left join charge c on e.object = 'charge' and c.id = e.object_id
    left join method m on m.id = c.method_id
    order by e.id desc
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """`data` is JSON; `minor` to `last4` are those of a charge, if the entry is about one."""

    id: int
    at: datetime
    actor: str
    action: str
    data: str
    account: bool
    minor: int | None
    currency: str | None
    method_kind: str
    brand: str
    last4: str


@dataclass(frozen=True, slots=True)
class Logged:
    at: datetime
    text: str


def log(tx: Tx, payer: int, limit: int = 12) -> list[Logged]:
    entries = tx.all(Entry, ENTRIES, payer=payer, limit=limit)
    names = _names(entries)
    return [Logged(entry.at, f"{names.get(entry.actor) or _actor(entry)}: {_deed(entry)}") for entry in entries]


def _names(entries: Sequence[Entry]) -> dict[str, str]:
    users = {entry.actor.removeprefix("user:") for entry in entries if entry.actor.startswith("user:")}
    ids = [int(user) for user in users if user.isdecimal()]
    return {f"user:{user.pk}": user.get_full_name() or user.email for user in User.objects.filter(pk__in=ids)}


def _actor(entry: Entry) -> str:
    if entry.actor.startswith("user:"):
        return _("Somebody who is no longer here")
    ours = _("Autopay") if entry.account else _("Auto-Pay")
    known = {"autopay": ours, "processor": _("Payment company"), "import": _("Import"), "cli": _("Command line")}
    return known.get(entry.actor, entry.actor.capitalize())


def _deed(entry: Entry) -> str:
    data: dict[str, Any] = json.loads(entry.data)
    method = words.method(entry.brand, entry.last4, bank=entry.method_kind == "bank") if entry.last4 else _("the payment method")
    told = {
        "amount": _amount(entry, data),
        "method": method,
        "number": data.get("number", ""),
        "reason": because(str(data.get("reason", "")), method) if data.get("reason") else "",
        "was": _switch(data.get("was")),
        "product": data.get("product", ""),
        "day": words.day(date.fromisoformat(data["bill"])) if data.get("bill") else "",
    }
    return (_(_template(entry)) % told).strip()


def _template(entry: Entry) -> str:
    return (
        (_OF_ACCOUNTS.get(entry.action) if entry.account else None) or _DEEDS.get(entry.action) or entry.action.replace("%", "%%")
    )


def _amount(entry: Entry, data: dict[str, Any]) -> str:
    minor = data.get("minor", entry.minor)
    return "" if minor is None else words.money(Money(int(minor), entry.currency or "USD"))


def _switch(value: object) -> str:
    return {"on": _("On"), "off": _("Off"), "follow": _("Follow company")}.get(str(value), "")


def N_(text: str) -> str:
    """Marks a text for translation where it is written; it is translated where it is shown."""
    return text


_OF_ACCOUNTS = {
    "auto-pay on": N_("enrolled the account in autopay."),
    "auto-pay off": N_("cancelled autopay."),
}
_DEEDS = {
    "auto-pay on": N_("set Auto-bill visits to On. Before: %(was)s."),
    "auto-pay off": N_("set Auto-bill visits to Off. Before: %(was)s."),
    "auto-pay follow": N_("lets Auto-bill visits follow the company. Before: %(was)s."),
    "default method set": N_("set another payment method as the default."),
    "method offered": N_("began to add a payment method."),
    "method usable": N_("a payment method was added."),
    "method refused": N_("a payment method was refused. %(reason)s"),
    "method expires": N_("the default card expires soon, and the payer is told."),
    "method tried too often": N_("tried too many cards and must wait."),
    "method removed": N_("removed a payment method."),
    "consent recorded": N_("recorded the payer's consent."),
    "consent ended": N_("ended a consent."),
    "product added": N_("added %(product)s from the bill of %(day)s on."),
    "product dropped": N_("dropped %(product)s from the bill of %(day)s on."),
    "product kept": N_("kept %(product)s after all, on the bill of %(day)s."),
    "product not added": N_("did not add %(product)s after all."),
    "invoice issued": N_("issued invoice %(number)s for %(amount)s."),
    "invoice voided": N_("took an invoice back."),
    "bill held": N_("held a bill: it is above the limit the account set."),
    "bill approved": N_("said yes to a bill of %(amount)s above the limit."),
    "invoice adjusted": N_("changed an invoice by %(amount)s."),
    "payment recorded": N_("recorded a payment of %(amount)s made elsewhere."),
    "refund asked": N_("asked for a refund of %(amount)s."),
    "refund done": N_("sent %(amount)s back."),
    "refund failed": N_("could not send %(amount)s back. %(reason)s"),
    "receipt copy asked": N_("asked for a receipt's mail once more."),
    "charge paid": N_("charged %(amount)s to %(method)s."),
    "charge pending": N_("a bank payment of %(amount)s is on its way."),
    "charge failed": N_("a charge of %(amount)s failed. %(reason)s"),
    "charge returned": N_("the bank sent %(amount)s back. %(reason)s"),
}
