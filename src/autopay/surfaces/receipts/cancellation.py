"""A cancellation to keep: when, by whom, its reference, and what was on its way at that moment, as it was written down (A33, L3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from autopay import words
from autopay.database import Tx
from autopay.money import Money
from autopay.paper import Block, Facts, Heading, Paper, Text
from autopay.parties.mail_address import mail_address

CANCELLED = """
    select e.id, e.biller_id as biller, e.object_id as payer, e.at, e.data::text as data, p.name, p.uid::text as uid, b.name as payee,
           b.zone, b.phone, b.hours,
           coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.email, '') as who,
           exists (select from membership m where m.user_id = u.id and m.payer_id = p.id) as own
    from journal_entry e
    join payer p on p.id = e.object_id and p.kind = 'account'
    join biller b on b.id = e.biller_id
    left join app_user u on 'user:' || u.id = e.actor
    where e.id = %(reference)s and e.object = 'payer' and e.action = 'auto-pay off' and e.data->>'was' = 'on'
"""
SENT = """
    select c.minor, c.currency, c.sent_at, c.state, m.kind = 'bank' as bank, m.brand, m.last4 from charge c join method m on m.id = c.method_id
    where c.payer_id = %(payer)s and c.id = any(%(ids)s::bigint[]) order by c.sent_at
"""
PAYER = "select object_id from journal_entry where id = %(reference)s and object = 'payer' and action = 'auto-pay off'"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """`sent`: each payment that could not be stopped, in a sentence, with what became of it since; None if that was not recorded."""

    reference: str
    account: str
    account_uid: str
    payee: str
    phone: str
    hours: str
    at: datetime
    zone: str
    who: str
    mailed_to: str
    sent: list[str] | None

    @property
    def moment(self) -> str:
        return words.moment(self.at, self.zone)

    @property
    def title(self) -> str:
        return _("Cancellation %(reference)s") % {"reference": self.reference}

    @property
    def means(self) -> list[str]:
        return [
            _("No new charge will start. From now on you pay each bill yourself."),
            _("Your saved payment methods stay in your wallet."),
        ]

    @property
    def on_its_way(self) -> list[str]:
        return [_("No payment was on its way.")] if self.sent == [] else self.sent or []

    @property
    def facts(self) -> list[tuple[str, str]]:
        rows = [(_("With"), self.payee), (_("For"), self.account), (_("Cancelled"), self.moment), (_("By"), self.who)]
        rows.append((_("Reference"), self.reference))
        return rows + ([(_("Copy mailed to"), self.mailed_to)] if self.mailed_to else [])


def cancellation(tx: Tx, reference: int, payer: int) -> Cancellation:
    """Of this payer; Http404 for anybody else's."""
    row = tx.record(CANCELLED, reference=reference)
    if row is None or row["payer"] != payer:
        raise Http404
    ids: list[int] | None = json.loads(row["data"]).get("on_its_way")
    rows: list[dict[str, Any]] = tx.all(dict, SENT, payer=payer, ids=ids or [])
    sent = None if ids is None else [_sent(each, row["zone"]) for each in rows]
    who = row["who"] if row["own"] else row["payee"]
    house = (row["payee"], row["phone"], row["hours"], row["at"], row["zone"], who)
    return Cancellation(f"C-{reference}", row["name"], row["uid"], *house, mail_address(tx, row["biller"], payer), sent)


def _sent(each: dict[str, Any], zone: str) -> str:
    told = {
        "amount": words.money(Money(each["minor"], each["currency"])),
        "method": words.method(each["brand"], each["last4"], bank=each["bank"]),
        "when": words.moment(each["sent_at"], zone),
    }
    said = _("Already on its way, and not to be stopped: %(amount)s to %(method)s, sent %(when)s.") % told
    became = {
        "paid": _("It was paid."),
        "failed": _("It failed: nothing was taken."),
        "returned": _("The bank sent it back."),
        "pending": _("The bank has not confirmed it yet."),
    }
    return f"{said} {became.get(each['state'], _('It is not known yet what became of it.'))}"


def paper(told: Cancellation, language: str, made: datetime) -> Paper:
    head = Text(_("Autopay was cancelled on %(when)s.") % {"when": told.moment})
    way: list[Block] = [] if told.sent is None else [Heading(_("What was on its way")), *map(Text, told.on_its_way)]
    question = _("A question? Call %(payee)s at %(phone)s.") % {"payee": told.payee, "phone": told.phone} if told.phone else ""
    now_on: list[Block] = [Heading(_("From now on")), *map(Text, told.means), Text(f"{question} {told.hours}".strip(), soft=True)]
    return Paper(
        told.payee, told.title, language, made, (head, Facts(told.facts), *way, *now_on), ("off", _("Cancelled")), told.account
    )
