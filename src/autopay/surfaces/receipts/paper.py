"""The receipt page's own facts as a paper (A54): the same words, the same sums, no word about care."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from autopay import words
from autopay.paper import Block, Facts, Paper, Sum, Table, Text
from autopay.surfaces.receipts.receipt import Line, Receipt


def paper(told: Receipt, language: str, made: datetime) -> Paper:
    """`made`: the business instant; what was sent back until then is in it."""
    paid = told.payment
    facts = [(_("Paid to"), paid.payee), (_("For"), paid.payer), (_("Date"), told.moment), (_("Paid with"), told.method)]
    statement = [(_("On your statement"), paid.descriptor)] if paid.descriptor else []
    rows = [_row(_("Invoice %(n)s"), each, "") for each in told.lines]
    rows += [_row(_("Sent back, invoice %(n)s"), each, "-") for each in told.refunds]
    if told.refunds:
        rows.append([_("Left after refunds"), "", words.money(told.left)])
    table = Table([_("Invoice"), _("Date"), _("Amount")], rows, (3, 2, 0), (2,), total=bool(told.refunds))
    title = _("Receipt %(number)s") % {"number": told.number}
    blocks = (Sum(_("Amount paid"), words.money(told.amount)), *_bank(told), Facts([*facts, *statement]), table, *_question(told))
    return Paper(paid.payee, title, language, made, blocks, _badge(told), f"{title}, {paid.payee}")


def _row(title: str, line: Line, sign: str) -> list[str]:
    return [title % {"n": line.number}, words.day(line.on), sign + words.money(line.amount)]


def _badge(told: Receipt) -> tuple[str, str]:
    if told.payment.returned:
        return "bad", _("Sent back")
    return ("off", _("Refunded")) if told.left.minor == 0 else ("ok", _("Paid"))


def _bank(told: Receipt) -> list[Block]:
    if told.returned_on:
        came = _("Your bank sent this payment back on %(day)s. It counts as not paid.") % {"day": words.day(told.returned_on)}
        return [Text(f"{came} {told.because}")]
    if told.returnable_until:
        return [Text(_("Your bank can send it back until %(day)s.") % {"day": words.day(told.returnable_until)})]
    return []


def _question(told: Receipt) -> list[Block]:
    paid = told.payment
    ask = _("A question? Call %(payee)s at %(phone)s.") % {"payee": paid.payee, "phone": paid.phone}
    return [Text(f"{ask} {paid.hours}".strip(), soft=True)] if paid.phone else []
