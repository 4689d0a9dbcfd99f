"""Pay bills with a saved method, or with a card typed for this one payment, which stays only if its payer says so (V7, V12, V40)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from autopay.agreements.own_payments import allow_own_payments, text_for_patient
from autopay.charging.pay_now import Wish, pay_now
from autopay.charging.reviewed import review_of_bills
from autopay.database import Tx
from autopay.money import Money
from autopay.refusal import Refusal
from autopay.surfaces.shared.card_fields import Fields
from autopay.surfaces.shared.human_check import human_check
from autopay.surfaces.shared.invoices import Invoice
from autopay.surfaces.shared.method_form import CARD, SAVED, MethodForm
from autopay.surfaces.shared.pay_form import cannot_pay
from autopay.surfaces.shared.saving_method import Problem, Refused, Somebody, problem_in_words, save_new, seen_before
from autopay.surfaces.shared.wallet import Saved, saved_methods, typed_once
from autopay.tenancy import WebDatabase

STALE = gettext_lazy("Things changed since you opened this page. Nothing was charged. Please look again.")


class OnceForm(MethodForm):
    """A method of the wallet, or a new card: used once, and kept only with `keep`."""

    keep = forms.BooleanField(label=gettext_lazy("Save this card for payments I make myself."), required=False)

    def clean_saved(self) -> Saved | None:
        saved = super().clean_saved()
        if saved and self.data.get("kind") == SAVED and (why := cannot_pay(saved, self.today)):
            raise ValidationError(why)
        return saved


@dataclass(frozen=True, slots=True)
class Counter:
    """One payer's bills (ids), their open sum, what it can be paid with, and what the page is about (charging/reviewed.py)."""

    payer: int
    invoices: tuple[int, ...]
    amount: Money
    methods: list[Saved]
    today: date
    review: str
    payee: str
    wanted: UUID | None = None
    """The one among `methods` that was picked or typed before."""
    once: UUID | None = None
    """The one among `methods` that goes again after this payment."""

    @property
    def first(self) -> Saved | None:
        """What is picked before anybody says otherwise: the default, if it can pay."""
        able = [each for each in self.methods if not cannot_pay(each, self.today)]
        return next((each for each in able if each.uid == self.wanted), able[0] if able else None)


def counter(tx: Tx, bills: Sequence[Invoice], today: date, payee: str, wanted: str = "") -> Counter:
    """`bills` are one payer's. `wanted` may name a card typed for this payment a moment ago; what is not theirs is ignored."""
    payer, ids = bills[0].payer, tuple(sorted(each.id for each in bills))
    amount = Money(sum(each.open for each in bills), bills[0].currency)
    kept = offered(saved_methods(tx, [payer]), today)
    uid = _uid(wanted)
    once = typed_once(tx, payer, uid) if uid else None
    return Counter(
        payer,
        ids,
        amount,
        [once, *kept] if once else kept,
        today,
        review_of_bills(tx, payer, ids),
        payee,
        uid,
        once.uid if once else None,
    )


def offered(methods: Sequence[Saved], today: date) -> list[Saved]:
    """What can pay comes first, the default before all; what cannot is shown and says why."""
    return sorted(methods, key=lambda each: bool(cannot_pay(each, today)))


def once_form(counter: Counter, fields: Fields | None, sent: QueryDict | None) -> OnceForm:
    first = counter.first
    said = {"kind": SAVED if first or not fields else CARD, "saved": first.uid if first else None}
    return OnceForm(sent, initial=said, wallet=counter.methods, today=counter.today, banks=False)


def page_of(counter: Counter, form: OnceForm, problem: Problem | None = None) -> dict[str, object]:
    return {
        "counter": counter,
        "form": form,
        "problem": problem,
        "keep_text": text_for_patient(counter.payee, get_language() or "en"),
        "human_check": human_check().render(),
    }


@dataclass(frozen=True, slots=True)
class Again:
    """This card was sent before, and now it is there: its page is shown once more and asks, it does not pay by itself."""

    method: Saved


def method_of(
    request: HttpRequest, who: Somebody, counter: Counter, form: OnceForm, *, may_keep: bool = True
) -> Saved | Again | Refused:
    """The one picked, or the one just typed. `form` is valid. `may_keep`: who types is known and can say that it may stay."""
    if form.cleaned_data["kind"] == SAVED:
        return form.cleaned_data["saved"]  # type: ignore[no-any-return]  # the form says that there is one
    before = seen_before(who, form)
    outcome = save_new(request, who, counter.payer, form, once=True)
    if not isinstance(outcome, int):
        return outcome
    if may_keep and form.cleaned_data["keep"]:
        text = text_for_patient(counter.payee, request.POST.get("read_in", "en"))
        allow_own_payments(WebDatabase(), who.biller, outcome, text, who.by)
    with who.reading() as tx:
        saved = tx.value("select uid from method where id = %(id)s", id=outcome)
        found = typed_once(tx, counter.payer, saved) or next(
            (each for each in saved_methods(tx, [counter.payer]) if each.id == outcome), None
        )
    if found is None:  # it has paid meanwhile
        raise Refusal("changed", str(STALE))
    return Again(found) if before else found


def pay(who: Somebody, counter: Counter, method: Saved, sent: QueryDict) -> str:
    """Write the due charge that was confirmed, once. Returns its public id. Raises Refusal when it is not what they saw."""
    if sent.get("amount", "") != str(counter.amount.decimal):
        raise Refusal("changed", str(STALE))
    wish = Wish(counter.payer, counter.invoices, counter.amount.minor, method.id, sent.get("review") or "-")
    return pay_now(WebDatabase(), who.biller, wish, who.by)


def not_paid(outcome: Refused) -> Problem:
    head = _("We could not use this card. Nothing was charged.")
    return problem_in_words(outcome, head, _("Nothing was charged."))


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
