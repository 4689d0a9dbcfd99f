"""Who changed what: the journal in plain words (V27). Actors are named by their log-in, deeds by what they were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from autopay import words
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.models import User
from autopay.sentences import because

ENTRIES = """
    select id, at, actor, action, data::text as data from journal_entry
    where (object = 'payer' and object_id = %(payer)s)
       or (object = 'invoice' and object_id in (select id from invoice where payer_id = %(payer)s))
       or (object = 'charge' and object_id in (select id from charge where payer_id = %(payer)s))
       or (object = 'refund' and object_id in (select r.id from refund r join charge c on c.id = r.charge_id where c.payer_id = %(payer)s))
       or (object = 'consent' and object_id in (select id from consent where payer_id = %(payer)s))
    order by id desc limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: datetime
    actor: str
    action: str
    data: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class Logged:
    at: datetime
    text: str


def log(tx: Tx, payer: int, limit: int = 12) -> list[Logged]:
    entries = tx.all(Entry, ENTRIES, payer=payer, limit=limit)
    names = _names(entries)
    return [Logged(entry.at, f"{names.get(entry.actor, _actor(entry.actor))}: {_deed(entry)}") for entry in entries]


def _names(entries: Sequence[Entry]) -> dict[str, str]:
    users = {entry.actor.removeprefix("user:") for entry in entries if entry.actor.startswith("user:")}
    ids = [int(user) for user in users if user.isdecimal()]
    return {f"user:{user.pk}": user.get_full_name() or user.email for user in User.objects.filter(pk__in=ids)}


def _actor(actor: str) -> str:
    known = {"autopay": _("Auto-Pay"), "processor": _("Payment company"), "import": _("Import"), "cli": _("Command line")}
    return known.get(actor, _("Somebody who is no longer here"))


def _deed(entry: Entry) -> str:
    data: dict[str, Any] = json.loads(entry.data)
    amount = words.money(Money(int(data["minor"]))) if "minor" in data else ""
    template = _DEEDS.get(entry.action, entry.action)
    reason = because(str(data["reason"])) if data.get("reason") else ""
    return (
        _(template) % {"amount": amount, "number": data.get("number", ""), "reason": reason, "was": _switch(data.get("was"))}
    ).strip()


def _switch(value: object) -> str:
    return {"on": _("On"), "off": _("Off"), "follow": _("Follow company")}.get(str(value), "")


def N_(text: str) -> str:
    """Marks a text for translation where it is written; it is translated where it is shown."""
    return text


_DEEDS = {
    "auto-pay on": N_("set Auto-bill visits to On. Before: %(was)s."),
    "auto-pay off": N_("set Auto-bill visits to Off. Before: %(was)s."),
    "auto-pay follow": N_("lets Auto-bill visits follow the company. Before: %(was)s."),
    "default method set": N_("set another payment method as the default."),
    "method offered": N_("began to add a payment method."),
    "method usable": N_("a payment method was added."),
    "method refused": N_("a payment method was refused. %(reason)s"),
    "method removed": N_("removed a payment method."),
    "consent recorded": N_("recorded the payer's consent."),
    "consent ended": N_("ended a consent."),
    "invoice issued": N_("issued invoice %(number)s for %(amount)s."),
    "invoice voided": N_("took an invoice back."),
    "invoice adjusted": N_("changed an invoice by %(amount)s."),
    "payment recorded": N_("recorded a payment of %(amount)s made elsewhere."),
    "refund asked": N_("asked for a refund of %(amount)s."),
    "refund done": N_("sent %(amount)s back."),
    "refund failed": N_("could not send %(amount)s back. %(reason)s"),
    "charge paid": N_("a charge was paid."),
    "charge pending": N_("a bank payment is on its way."),
    "charge failed": N_("a charge failed. %(reason)s"),
    "charge returned": N_("the bank sent a payment back. %(reason)s"),
}
