"""Cancel autopay on every account screen (A30 to A34, A47, A48): at once, once, with what cannot be stopped named."""

from __future__ import annotations

from django.utils.translation import gettext as _

from autopay import words
from autopay.agreements.models import Switch
from autopay.charging.switch import ON_ITS_WAY, Changed, OnItsWay, set_switch
from autopay.database import Tx
from autopay.money import Money
from autopay.surfaces.shared.account import Account
from autopay.surfaces.shared.visitor import Visitor
from autopay.tenancy import WebDatabase

WORD = "cancel"
CANCELLED = """
    select max(e.id) from journal_entry e join agreement a on a.payer_id = e.object_id and a.switch = 'off'
    where e.biller_id = %(biller)s and e.object = 'payer' and e.object_id = %(payer)s and e.action = 'auto-pay off'
      and e.data->>'was' = 'on'
"""


def cancel(visitor: Visitor, account: Account) -> str:
    """The confirmation: when, its reference, and what was on its way at that moment. Cancelled already, it says since when."""
    zone = account.biller.zone
    if not account.enrolled:
        if account.standing.switch == Switch.OFF and account.standing.number > 1:
            return _("Autopay was already cancelled on %(time)s.") % {"time": words.moment(account.standing.since, zone)}
        return _("You are not currently enrolled in autopay.")
    changed = set_switch(WebDatabase(), visitor.biller, account.practice.id, Switch.OFF, visitor.by)
    return confirmation(changed, words.moment(visitor.now, zone), zone)


def cancelled(tx: Tx, biller: int, payer: int) -> int | None:
    """The reference of the cancellation since which the account is not enrolled; None while it is, and if it never was."""
    found: int | None = tx.value(CANCELLED, biller=biller, payer=payer)
    return found


def confirmation(changed: Changed, at: str, zone: str) -> str:
    said = _("Autopay was cancelled on %(time)s. Reference C-%(reference)d.") % {"time": at, "reference": changed.reference}
    return " ".join([said, *(in_words(each, zone) for each in changed.on_its_way)])


def on_its_way(tx: Tx, account: Account) -> list[str]:
    """What a cancellation now could not stop any more."""
    return [in_words(each, account.biller.zone) for each in tx.all(OnItsWay, ON_ITS_WAY, payer=account.practice.id)]


def in_words(each: OnItsWay, zone: str) -> str:
    return _("Already on its way: %(amount)s, sent %(time)s to %(method)s. It cannot be stopped.") % {
        "amount": words.money(Money(each.minor, each.currency)),
        "time": words.moment(each.sent_at, zone),
        "method": words.method(each.brand, each.last4) if each.brand else _("account ending in %s") % each.last4,
    }


def wrong_word(typed: str) -> str:
    """What is wrong with what was typed instead of `cancel`; empty when nothing is (A47)."""
    if typed == WORD:
        return ""
    if not typed:
        return _("The box is empty. Type cancel to stop autopay.")
    if typed.strip() == WORD:
        return _("There is a space in the box. Type only cancel.")
    if typed.strip().lower() == WORD:
        return _("You typed “%(typed)s”. Type it in small letters: cancel") % {"typed": typed}
    return _("You typed “%(typed)s”. Type the word cancel.") % {"typed": typed[:40]}
