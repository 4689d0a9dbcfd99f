"""Pay once (A53): the amount and the method, then one page with one sentence, then the charge. It changes no setting.

A new method is saved first, so that the last page names it. Only that page's button charges, and it charges once: it carries what the
page was about (charging/reviewed.py), and whoever sends the same again is led to the first payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from autopay import words
from autopay.agreements.own_payments import allow_own_payments
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.reviewed import first_result, review_of
from autopay.charging.withdraw import FLYING
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.permissions import Act
from autopay.refusal import Refusal
from autopay.sentences import refused
from autopay.surfaces.shared.card_fields import Fields, field_errors, fields_of, shown
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.method_form import CARD, SAVED
from autopay.surfaces.shared.pay_form import PayForm, cannot_pay
from autopay.surfaces.shared.paying import Share, Till, oldest_first, till
from autopay.surfaces.shared.place import Place, for_accounts, place_of
from autopay.surfaces.shared.saving_method import Refused, own_text_read, own_texts, problem_in_words, save_new
from autopay.surfaces.shared.visitor import Visitor
from autopay.surfaces.shared.wallet import Saved
from autopay.tenancy import WebDatabase

LIVE_CHARGE = f"""
    select uid from charge where payer_id = %(payer)s
      and (state in ('{FLYING}') or (state = 'due' and trigger = 'pay_now')) order by id desc limit 1
"""


@for_accounts
def pay(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponseBase:
    visitor.must_be_allowed(Act.PAY_OWN)
    fields = fields_of(visitor.biller)
    with visitor.reading() as tx:
        place = place_of(tx, visitor, slug)
        counter = _till(tx, place)
    if not counter.invoices:
        return _nothing_to_pay(request, visitor, place)
    form = _form(request, place, counter, fields)
    if request.method == "POST" and request.POST.get("check"):
        return field_errors(form)
    page, status = _page(place, counter, form), 200
    if form.is_bound:
        outcome = _method(request, visitor, place, form) if form.is_valid() else None
        if isinstance(outcome, Saved):
            return _to_review(request, place, form.cleaned_data["amount"], outcome)
        status = 422
        page |= {"problem": _problem(outcome) if outcome else None}
    return shown(request, "pay/pay.html", page, fields, status)


@for_accounts
def review(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """The one sentence and its button. Opened again, it is worked out again: nothing is kept between the pages."""
    visitor.must_be_allowed(Act.PAY_OWN)
    with visitor.reading() as tx:
        place = place_of(tx, visitor, slug)
        counter = _till(tx, place)
        now = review_of(tx, counter.payer)
        first = first_result(tx, counter.payer, request.POST.get("review", ""))
    if first:
        return _to_payment(request, visitor, place, first)
    if not counter.invoices:
        return _nothing_to_pay(request, visitor, place)
    asked = _asked(request.POST or request.GET, place, counter)
    if isinstance(asked, str):
        messages.warning(request, asked)
        return redirect(_back(request.POST or request.GET, place))
    if request.method == "POST":
        return _confirmed(request, visitor, place, asked)
    page = place.page | {"asked": asked, "till": counter, "review": now, "back": _back(request.GET, place)}
    return render(request, "pay/review.html", page)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the last page is about: `amount` of `total` with `method`, and what of it goes to which bill."""

    amount: Money
    total: Money
    method: Saved
    shares: list[Share]

    @property
    def invoices(self) -> tuple[int, ...]:
        return tuple(each.bill.id for each in self.shares)


def _confirmed(request: HttpRequest, visitor: Visitor, place: Place, asked: Asked) -> HttpResponse:
    wish = Wish(place.account.practice.id, asked.invoices, asked.amount.minor, asked.method.id, request.POST.get("review", "-"))
    try:
        uid = pay_now(WebDatabase(), visitor.biller, wish, visitor.by)
    except Refusal as refusal:
        messages.warning(request, _stale(request, asked) if refusal.code == "changed" else refused(refusal))
        return redirect(place.url("pay_bill") if refusal.code == "in_flight" else _back(request.POST, place))
    return _to_payment(request, visitor, place, uid)


def _to_payment(request: HttpRequest, visitor: Visitor, place: Place, uid: str) -> HttpResponse:
    """Of this press or of an earlier one of the same review. Where that one asked for something else, the page says so."""
    with visitor.reading() as tx:
        made = tx.record(
            """select c.asked_minor, c.currency, m.uid from charge c join method m on m.id = c.chosen_method_id
               where c.uid = %(uid)s""",
            uid=uid,
        )
    pressed = (request.POST.get("amount", ""), request.POST.get("method", ""))
    if made and pressed != (str(Money(made["asked_minor"], made["currency"]).decimal), str(made["uid"])):
        messages.info(request, _("This payment was started from another page a moment ago. Nothing else was charged."))
    return redirect(place.url("payment", uid))


def _asked(sent: QueryDict, place: Place, counter: Till) -> Asked | str:
    """Or why this cannot be paid so. Both come from an address or a form, so both are checked as if they had been typed."""
    told = {"kind": SAVED, "amount": sent.get("amount", ""), "saved": sent.get("method", "")}
    form = PayForm(told, wallet=counter.methods, most=counter.amount, today=place.account.today)
    if not form.is_valid():
        seen = sent.get("total")
        if seen and seen != str(counter.amount.decimal) and "amount" in form.errors:
            return _is_now(counter.amount)
        return " ".join(str(each) for found in form.errors.values() for each in found)
    amount = form.cleaned_data["amount"]
    return Asked(amount, counter.amount, form.cleaned_data["saved"], oldest_first(place.account.payable, amount.minor))


def _stale(request: HttpRequest, asked: Asked) -> str:
    if request.POST.get("total", "") != str(asked.total.decimal):
        return _is_now(asked.total)
    return _("Things changed since you opened this page. Nothing was charged. Please look again.")


def _is_now(total: Money) -> str:
    return _("Your bill is now %(amount)s. Please look again. Nothing was charged.") % {"amount": words.money(total)}


def _till(tx: Tx, place: Place) -> Till:
    bills = place.account.payable
    return till(tx, place.account.practice.id, tuple(each.id for each in bills), place.account.to_pay)


def _nothing_to_pay(request: HttpRequest, visitor: Visitor, place: Place) -> HttpResponse:
    """Where a payment is on its way, as after the back button, its page says all there is to say."""
    with visitor.reading() as tx:
        live = tx.value(LIVE_CHARGE, payer=place.account.practice.id)
    if live:
        messages.info(request, _("This payment is on its way. There is nothing else to pay right now."))
        return redirect(place.url("payment", live))
    messages.info(request, _("There is nothing to pay right now."))
    return redirect(place.url("pay_bill"))


def _form(request: HttpRequest, place: Place, counter: Till, fields: Fields | None) -> PayForm:
    """The whole balance and the first method of the wallet that can pay, unless the person said otherwise before."""
    first = next((each.uid for each in counter.methods if not cannot_pay(each, place.account.today)), None)
    said = {"kind": SAVED if counter.methods else CARD, "amount": request.GET.get("amount") or str(counter.amount.decimal)}
    return PayForm(
        request.POST if request.method == "POST" else None,
        initial=said | {"saved": request.GET.get("method") or first},
        wallet=counter.methods,
        banks=fields is None or fields.banks,
        most=counter.amount,
        today=place.account.today,
    )


def _page(place: Place, counter: Till, form: PayForm) -> dict[str, object]:
    own = own_texts(place.account.biller.name)
    return place.page | own | {"till": counter, "form": form, "human_check": human_check().render()}


def _method(request: HttpRequest, visitor: Visitor, place: Place, form: PayForm) -> Saved | Refused:
    """The one picked, or the one just typed, saved with what saving allows."""
    if form.cleaned_data["kind"] == SAVED:
        return form.cleaned_data["saved"]  # type: ignore[no-any-return]  # the form says that there is one
    payer, bank = place.account.practice.id, form.cleaned_data["kind"] != CARD
    outcome = save_new(request, visitor, payer, form)
    if not isinstance(outcome, int):
        return outcome
    read = own_text_read(request, place.account.biller.name, bank=bank)
    allow_own_payments(WebDatabase(), visitor.biller, outcome, read, visitor.by)
    with visitor.reading() as tx:
        return next(each for each in till(tx, payer, (), form.most).methods if each.id == outcome)


def _to_review(request: HttpRequest, place: Place, amount: Money, method: Saved) -> HttpResponse:
    if not method.verified:
        said = _("%(method)s was saved. It can pay as soon as you have confirmed it. Nothing was charged.")
        messages.success(request, said % {"method": method.name})
        return redirect(place.url("wallet"))
    return redirect(place.url("review") + "?" + urlencode({"amount": amount.decimal, "method": method.uid}))


def _back(sent: QueryDict, place: Place) -> str:
    """To the first page, with what was chosen there."""
    kept = {name: sent[name] for name in ("amount", "method") if name in sent and sent[name] != sent.get("total")}
    return place.url("pay") + ("?" + urlencode(kept) if kept else "")


def _problem(outcome: Refused) -> object:
    head = _("We could not save this payment method. Nothing was charged.")
    return problem_in_words(outcome, head, _("Nothing was charged."))
