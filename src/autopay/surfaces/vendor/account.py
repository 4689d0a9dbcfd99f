"""One account: how it stands and what comes next, its bills, its payments, who changed what (A60)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from autopay import words
from autopay.charging.forecast import Span, forecast, next_night
from autopay.database import Tx
from autopay.parties.permissions import Act
from autopay.surfaces.shared.account import account_of
from autopay.surfaces.shared.biller import biller
from autopay.surfaces.shared.charges import card_holds, charges
from autopay.surfaces.shared.coming import Coming
from autopay.surfaces.shared.elsewhere import recorded_of_payer
from autopay.surfaces.shared.invoices import Invoice, invoice_badge, invoices
from autopay.surfaces.shared.log import log
from autopay.surfaces.shared.payers import Payer, find_payer, rows
from autopay.surfaces.shared.payment import Badge
from autopay.surfaces.shared.refunds import refunds_of_payer
from autopay.surfaces.shared.standing import Standing
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import saved_methods
from autopay.surfaces.vendor.accounts import enrollment_why
from autopay.surfaces.vendor.entrance import for_vendors
from autopay.surfaces.vendor.expected import Said, in_words

LOOK_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Box:
    """Green, orange or red: worked out at each load from what the engine uses."""

    tone: str
    icon: str
    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    invoice: Invoice
    badge: Badge


@for_vendors
def account(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        payer = _find(tx, uid)
        found = account_of(tx, payer.id, visitor.now)
        coming = _coming(tx, payer, visitor)
        page: dict[str, Any] = {
            "account": found,
            "row": rows(tx, [payer.id])[0],
            "rows": [Row(each, invoice_badge(each, visitor.now)) for each in invoices(tx, [payer.id])],
            "methods": saved_methods(tx, [payer.id]),
            "holds": card_holds(tx, payer.id),
            "log": log(tx, payer.id, limit=6),
        }
    page |= {"box": standing_box(found.standing, coming, found.coming), "coming": coming}
    page["failed"] = next((each for each in found.bills if each.open > 0 and each.state in ("failed", "returned")), None)
    return render(request, "vendor/account.html", page | {"visitor": visitor, "biller": found.biller, "payer": payer})


@for_vendors
def payments(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        payer = _find(tx, uid)
        page: dict[str, Any] = {
            "biller": biller(tx),
            "charges": charges(tx, payer.id),
            "refunds": refunds_of_payer(tx, payer.id),
            "recorded": recorded_of_payer(tx, payer.id),
            "holds": card_holds(tx, payer.id),
        }
    return render(request, "vendor/payments.html", page | {"visitor": visitor, "payer": payer})


@for_vendors
def changes(request: HttpRequest, visitor: Visitor, uid: UUID) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_PAYERS)
    with visitor.reading() as tx:
        payer = _find(tx, uid)
        page = {"visitor": visitor, "biller": biller(tx), "payer": payer, "log": log(tx, payer.id, limit=500)}
    return render(request, "vendor/changes.html", page)


def standing_box(standing: Standing, coming: Said | None, asked: Coming | None) -> Box:
    """`asked`: the bill that waits for the account's yes stands before what comes next."""
    if standing.able:
        text = waiting_for_yes(asked) if asked and asked.needs_ok else coming_in_words(coming)
        return Box("ok", "circle-check", _("This account is enrolled in autopay."), text)
    if standing.on:
        head = _("Enrolled, but no charge can run: %(why)s.") % {"why": standing.obstacle_words}
        return Box("warn", "triangle-alert", head, f"{waiting_in_words(coming)} {_('Bills stay open until this is put right.')}")
    text = f"{enrollment_why(standing)}. {waiting_in_words(coming)}"
    return Box("bad", "circle-alert", _("This account is not enrolled in autopay."), text)


def coming_in_words(coming: Said | None) -> str:
    """Its next charge; where none will be made, what is not charged and why."""
    if coming is None or not coming.expected.charged:
        return f"{waiting_in_words(coming)} {coming.sentence if coming else ''}".strip()
    said = {"amount": words.money(coming.amount), "day": words.day(coming.on), "method": coming.sentence}
    return _("Next charge: %(amount)s on %(day)s to %(method)s.") % said


def waiting_for_yes(asked: Coming) -> str:
    said = {"amount": words.money(asked.amount), "limit": words.money(asked.limit or asked.amount)}
    told = _("%(amount)s waits for the account's yes: it is above the limit of %(limit)s that the account set.") % said
    return f"{told} {_('Nothing is charged until then.')}"


def waiting_in_words(coming: Said | None) -> str:
    if coming is None:
        return _("Nothing falls due in the next 60 days.")
    said = {"amount": words.money(coming.amount), "day": words.day(coming.on)}
    return _("%(amount)s falls due on %(day)s and is not charged.") % said


def _coming(tx: Tx, payer: Payer, visitor: Visitor) -> Said | None:
    """What the engine would do next about this account: its next charge, else what it will not charge."""
    first = next_night(tx, visitor.biller)
    said = in_words(tx, forecast(tx, visitor.biller, Span(first, first + LOOK_AHEAD, payer.id), visitor.now))
    return next((each for each in said if each.expected.charged), said[0] if said else None)


def _find(tx: Tx, uid: UUID) -> Payer:
    payer = find_payer(tx, uid)
    if payer.kind != "account":
        raise Http404
    return payer
