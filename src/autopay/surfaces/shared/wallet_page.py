"""The wallet of an account (A58, A20): what is saved, which one autopay uses, what runs out; add and remove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from autopay import words
from autopay.agreements.own_payments import allow_own_payments
from autopay.charging.remove_method import ON_ITS_WAY_WITH, Removed, remove_method
from autopay.charging.switch import OnItsWay
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.cancelling import in_words
from autopay.surfaces.shared.card_fields import field_errors, fields_of, shown
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.method_form import CARD, MethodForm
from autopay.surfaces.shared.place import Place, for_accounts, place_of
from autopay.surfaces.shared.processor_loop import processor_loop
from autopay.surfaces.shared.saving_method import own_text_read, own_texts, problem_in_words, save_new
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved, saved_methods
from autopay.tenancy import WebDatabase

HOLD_SHOWN = timedelta(days=30)
"""How long a hold stands under its card: as long as somebody may find it on a statement."""
MORE = """
    select m.id, m.verification_link as link, m.verify_until, m.hold_minor, m.hold_placed_at, m.hold_released_at, b.currency
    from method m join biller b on b.id = m.biller_id where m.id = any(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class _More:
    id: int
    link: str
    verify_until: datetime | None
    hold_minor: int | None
    hold_placed_at: datetime | None
    hold_released_at: datetime | None
    currency: str


@dataclass(frozen=True, slots=True)
class Kept:
    """One method of the wallet as the page shows it. Dates are local to the biller."""

    saved: Saved
    enrolled: bool
    expired: bool
    expires_soon: bool
    link: str
    """Where its payer confirms a bank account, until `verify_until`; empty when that is over or not needed."""
    verify_until: date | None
    hold: Money | None
    placed: date | None
    released: date | None


@for_accounts
def wallet(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    visitor.must_be_allowed(Act.SEE_OWN)
    with visitor.reading() as tx:
        place = place_of(tx, visitor, slug)
        kept = kept_methods(tx, place, visitor.now)
    return render(request, "wallet/wallet.html", place.page | {"kept": kept} | _addresses(place))


@for_accounts
def add(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponseBase:
    visitor.must_be_allowed(Act.PAY_OWN)
    fields = fields_of(visitor.biller)
    with visitor.reading() as tx:
        place = place_of(tx, visitor, slug)
    typed = request.POST if request.method == "POST" else None
    form = MethodForm(typed, initial={"kind": CARD}, wallet=[], today=place.account.today, banks=fields is None or fields.banks)
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    name, status, problem = place.account.biller.name, 200, None
    if form.is_bound:
        outcome = save_new(request, visitor, place.account.practice.id, form) if form.is_valid() else None
        if isinstance(outcome, int):
            text = own_text_read(request, name, bank=form.cleaned_data["kind"] != CARD)
            allow_own_payments(WebDatabase(), visitor.biller, outcome, text, visitor.by)
            messages.success(request, _("Payment method added. Nothing was charged."))
            return redirect(place.url("wallet"))
        head = _("We could not save this payment method. Nothing was charged.")
        problem, status = problem_in_words(outcome, head, _("Nothing was charged.")) if outcome else None, 422
    page = place.page | own_texts(name) | {"form": form, "problem": problem, "human_check": human_check().render()}
    return shown(request, "wallet/add.html", page, fields, status)


@for_accounts
def remove(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    """First a page that says what stops, then the deed. It is never blocked."""
    visitor.must_be_allowed(Act.ENROLL_OWN)
    with visitor.reading() as tx:
        place = place_of(tx, visitor, slug)
        found = _find(tx, place, uid)
        ends = found.is_default and place.account.enrolled
        flying = tx.all(OnItsWay, ON_ITS_WAY_WITH, method=found.id, payer=place.account.practice.id, ends=ends)
    if request.method != "POST":
        told = [in_words(each, place.account.biller.zone) for each in flying]
        return render(request, "wallet/remove.html", place.page | {"found": found, "ends": ends, "on_its_way": told})
    try:
        done = remove_method(WebDatabase(), visitor.biller, found.id, visitor.by, told=bool(request.POST.get("ends")))
    except Refusal as refusal:
        messages.warning(request, refused(refusal))
        return redirect(place.url("remove_method", uid) if refusal.code == "changed" else place.url("wallet"))
    messages.success(request, _said(found, done, visitor, place.account.biller.zone))
    return redirect(place.url("wallet"))


@require_POST
@for_accounts
def look_again(request: HttpRequest, visitor: Visitor, slug: str, uid: UUID) -> HttpResponse:
    """Its payer has confirmed the bank account elsewhere: ask the payment company now, not in some minutes."""
    visitor.must_be_allowed(Act.PAY_OWN)
    with visitor.reading() as tx:
        place = place_of(tx, visitor, slug)
        found = _find(tx, place, uid)
    processor_loop().save(found.id, visitor.biller)
    with visitor.reading() as tx:
        now = tx.record("select verified, verification <> '' as waits from method where id = %(id)s", id=found.id) or {}
    if now.get("verified"):
        messages.success(request, _("%(method)s is confirmed. It can pay now.") % {"method": found.name})
    elif now.get("waits"):
        messages.info(request, _("%(method)s is not confirmed yet.") % {"method": found.name})
    else:
        messages.warning(request, _("%(method)s could not be confirmed. Remove it and add it again.") % {"method": found.name})
    return redirect(place.url("wallet"))


def kept_methods(tx: Tx, place: Place, now: datetime) -> list[Kept]:
    saved = saved_methods(tx, [place.account.practice.id])
    more = {each.id: each for each in tx.all(_More, MORE, ids=[each.id for each in saved])}
    return [_kept(each, more[each.id], place, now) for each in saved]


def _kept(saved: Saved, more: _More, place: Place, now: datetime) -> Kept:
    zone = place.account.biller.zone
    today = local_date(now, zone)
    provable = not saved.verified and more.link and more.verify_until and more.verify_until > now
    held = more.hold_minor and more.hold_placed_at and more.hold_placed_at > now - HOLD_SHOWN
    return Kept(
        saved,
        saved.is_default and place.account.enrolled,
        saved.expired(today),
        saved.expires_soon(today),
        more.link if provable else "",
        local_date(more.verify_until, zone) if provable and more.verify_until else None,
        Money(more.hold_minor, more.currency) if held and more.hold_minor else None,
        local_date(more.hold_placed_at, zone) if held and more.hold_placed_at else None,
        local_date(more.hold_released_at, zone) if held and more.hold_released_at else None,
    )


def _find(tx: Tx, place: Place, uid: UUID) -> Saved:
    found = next((each for each in saved_methods(tx, [place.account.practice.id]) if each.uid == uid), None)
    if found is None:
        raise Http404
    return found


def _said(found: Saved, done: Removed, visitor: Visitor, zone: str) -> str:
    said = [_("%(method)s was removed.") % {"method": found.name}]
    if done.reference:
        told = {"time": words.moment(visitor.now, zone), "reference": done.reference}
        said.append(_("Autopay was cancelled on %(time)s. Reference C-%(reference)d.") % told)
    return " ".join([*said, *(in_words(each, zone) for each in done.on_its_way)])


def _addresses(place: Place) -> dict[str, object]:
    """[Change] leads to the edit of the enrollment, which each kind of product has under its own name."""
    return {"change_url": place.url("enroll" if place.page["classic"] else "autopay_settings")}
