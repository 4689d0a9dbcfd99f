"""One payment in the words for a biller's staff: where the payer reads "you", they read who it is."""

from __future__ import annotations

from django.utils.translation import gettext as _

from autopay import words
from autopay.sentences import because
from autopay.surfaces.shared.payment import Payment, Sentences, Shown


def _being_paid(p: Payment) -> tuple[str, str]:
    said = _("This can take a minute. This page follows it to its end.")
    return _("A payment of %(amount)s is being taken") % {"amount": words.money(p.amount)}, said


def _not_known(p: Payment) -> tuple[str, str]:
    head = _("We do not know yet whether this payment went through")
    return head, _("We are asking the payment company. Nobody can pay, record or take back anything here until we know.")


def _on_its_way(p: Payment) -> tuple[str, str]:
    sent = _("It was sent on %(day)s. Banks take 2-3 business days.") % {"day": words.day(p.on)} if p.on else ""
    return _("A bank payment of %(amount)s is on its way") % {"amount": words.money(p.amount)}, sent


def _sent_back(p: Payment) -> tuple[str, str]:
    owed = _("%(amount)s is owed again.") % {"amount": words.money(p.amount)}
    return _("The bank sent back the payment of %(amount)s") % {"amount": words.money(p.amount)}, f"{because(p.reason)} {owed}"


def _waiting(p: Payment) -> tuple[str, str]:
    if p.until is None:
        return _("%(amount)s will be charged") % {"amount": words.money(p.amount)}, _("It waits for the payment company.")
    said = {"amount": words.money(p.amount), "day": words.day(p.until)}
    return _("%(amount)s will be charged on %(day)s") % said, _("It can be paid sooner.")


def _needs_ok(p: Payment) -> tuple[str, str]:
    over = {"amount": words.money(p.amount), "limit": words.money(p.limit)} if p.limit else None
    said = _("It is %(amount)s. The account's limit is %(limit)s.") % over if over else ""
    return _("This bill waits for the account's OK"), f"{said} {_('Nothing is charged until the account says yes.')}".strip()


def _confirm(p: Payment) -> tuple[str, str]:
    said = _("Nothing is charged until the payer confirms it. After 30 minutes it is cancelled.")
    return _("The bank wants the payer to confirm this payment"), said


def _void(p: Payment) -> tuple[str, str]:
    return _("The office took this bill back"), _("Nobody owes anything for it.")


def _differs(p: Payment) -> tuple[str, str]:
    said = _(
        "Look at this bill's payment at the payment company. Nobody can pay it, change it or take it back until that is settled."
    )
    return _("The payment company's books and ours differ about this bill"), said


STAFF_SENTENCES: dict[Shown, Sentences] = {
    Shown.BEING_PAID: _being_paid,
    Shown.NOT_KNOWN: _not_known,
    Shown.ON_ITS_WAY: _on_its_way,
    Shown.SENT_BACK: _sent_back,
    Shown.WAITING: _waiting,
    Shown.NEEDS_OK: _needs_ok,
    Shown.CONFIRM: _confirm,
    Shown.VOID: _void,
    Shown.DIFFERS: _differs,
}
