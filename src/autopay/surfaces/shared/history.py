"""The history of an account in words (A56): what happened, what it came to, and why. One stored reason, the same for payer and vendor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from autopay import words
from autopay.charging.charge import State, Trigger
from autopay.clock import local_date
from autopay.database import Tx
from autopay.money import Money
from autopay.parties.models import User
from autopay.sentences import Story, because, why
from autopay.surfaces.shared.biller import Biller
from autopay.surfaces.shared.events import LATER, Event, events
from autopay.surfaces.shared.invoices import CHARGE_SHOWN, Invoice, invoice_badge, invoices_of
from autopay.surfaces.shared.payment import Badge, Shown, badge

FILTERS: dict[str, tuple[str, ...]] = {
    "": LATER,
    "bills": ("bill", "adjusted", "void"),
    "payments": ("charge", "returned", "elsewhere"),
    "holds": ("hold", "refund", "returned"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `amount` is None where nothing moved or came to be owed: a hold is no charge. `bills` are those it is about."""

    kind: str
    at: datetime
    on: date
    what: str
    amount: Money | None
    badge: Badge
    why: str
    bills: tuple[tuple[int, UUID], ...] = ()
    receipt: UUID | None = None
    payment: UUID | None = None
    method: str = ""
    reference: str = ""


def history(tx: Tx, payer: int, show: str, now: datetime, house: Biller, window: tuple[int | None, int] = (None, 0)) -> list[Row]:
    """Newest first. `show` is one of FILTERS, `window` (how many, after how many). Three statements, however long it is."""
    found = events(tx, payer, FILTERS[show], *window)
    bills = invoices_of(tx, [each.id for each in found if each.kind == "bill"])
    told = _Teller(house, now, bills, _names(found))
    return [told.row(each) for each in found]


def _names(found: Sequence[Event]) -> dict[str, str]:
    ids = {each.actor.removeprefix("user:") for each in found if each.actor.startswith("user:")}
    users = User.objects.filter(pk__in=[int(each) for each in ids if each.isdecimal()])
    return {f"user:{user.pk}": user.get_full_name() or user.email for user in users}


@dataclass(frozen=True, slots=True)
class _Teller:
    house: Biller
    now: datetime
    bills: dict[int, Invoice]
    names: dict[str, str]

    def row(self, each: Event) -> Row:
        what, amount, mark, reason = getattr(self, f"_{each.kind}")(each)
        about = tuple(zip(each.numbers, each.bills, strict=True))
        method = words.method(each.brand, each.last4, bank=each.bank) if each.last4 else ""
        reference = f"{_PREFIX[each.kind]}-{each.reference}" if each.reference and each.kind in _PREFIX else ""
        return Row(
            each.kind,
            each.at,
            self._day(each.at),
            what,
            amount,
            mark,
            reason,
            about,
            each.receipt,
            each.payment,
            method,
            reference,
        )

    def _bill(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        bill = self.bills[each.id]
        return (
            _("Invoice %(number)d") % {"number": bill.number},
            self._money(each),
            invoice_badge(bill, self.now),
            bill.why_sentence,
        )

    def _void(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        what = _("Invoice %(number)d was taken back") % {"number": each.numbers[0]}
        return what, self._money(each), badge(Shown.VOID), _("You owe nothing for it.")

    def _adjusted(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        less = (each.minor or 0) < 0
        what = _("Credit on invoice %(number)d") if less else _("Added to invoice %(number)d")
        mark = Badge("ok", "circle-minus", _("Credit")) if less else Badge("off", "circle-plus", _("Added"))
        said = _("The bill became lower by this amount.") if less else _("The bill became higher by this amount.")
        return what % {"number": each.numbers[0]}, Money(abs(each.minor or 0), self.house.currency), mark, said

    def _charge(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        what = _("Payment for %(bills)s") % {"bills": _bills(each.numbers)}
        return what, self._money(each), badge(CHARGE_SHOWN[each.state]), self._of_charge(each)

    def _of_charge(self, each: Event) -> str:
        if each.state == State.NEEDS_PAYER:
            return _("The bank wants you to confirm it. Nothing is charged until you do.")
        if each.state in (State.FAILED, State.UNKNOWN, State.RETURNED):
            return why(Story("", False, each.trigger, each.state, each.reason, self._method(each)))
        said = _("By Pay Now.") if each.trigger == Trigger.PAY_NOW else _("By autopay.")
        if each.bank and each.state == State.PAID and each.ended:
            later = _("Sent %(sent)s, paid %(paid)s.") % {"sent": self._short(each.at), "paid": self._short(each.ended)}
            return f"{said} {later}"
        return said

    def _returned(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        what = _("The bank sent back the payment for %(bills)s") % {"bills": _bills(each.numbers)}
        return what, self._money(each), badge(Shown.SENT_BACK), because(each.reason)

    def _elsewhere(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        what = _("Payment for %(bills)s, %(how)s") % {"bills": _bills(each.numbers), "how": words.paid_how(each.word)}
        return what, self._money(each), badge(Shown.PAID), _("%(biller)s recorded it.") % {"biller": self.house.name}

    def _hold(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        said = {"amount": words.money(Money(each.minor or 0, self.house.currency)), "placed": self._short(each.at)}
        what = _("Hold of %(amount)s, placed %(placed)s, being released") % said
        if each.ended:
            what = _("Hold of %(amount)s, placed %(placed)s, released %(released)s") % (
                said | {"released": self._short(each.ended)}
            )
        checked = _("It checked %(method)s before it was saved.") % {"method": self._method(each)}
        return what, None, Badge("off", "lock", _("Hold, not a charge")), checked

    def _refund(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        what = _("Refund for %(bills)s") % {"bills": _bills(each.numbers)}
        mark, said = _REFUND[each.state]
        when = self._short(each.ended) if each.ended else ""
        reason = because(each.reason) if each.state == "failed" and each.reason else ""
        return what, self._money(each), badge(mark), " ".join(filter(None, [str(said) % {"day": when}, reason]))

    def _agreement(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        by = self.names.get(each.actor, "")
        said = _("By %(name)s.") % {"name": by} if by else ""
        if each.state == "on":
            return _("Enrolled in autopay"), None, Badge("ok", "repeat", _("Enrolled")), said
        return _("Autopay was cancelled"), None, Badge("off", "circle-minus", _("Cancelled")), said

    def _product(self, each: Event) -> tuple[str, Money | None, Badge, str]:
        what, said = _PRODUCT[each.state]
        told = {"product": each.word, "amount": words.money(Money(each.minor or 0, self.house.currency))}
        told["day"] = words.day(each.day) if each.day else ""
        return str(what) % told, None, Badge("info", "package", _("Products")), str(said) % told

    def _method(self, each: Event) -> str:
        return words.method(each.brand, each.last4, bank=each.bank) if each.last4 else _("the payment method")

    def _money(self, each: Event) -> Money:
        return Money(each.minor or 0, self.house.currency)

    def _day(self, at: datetime) -> date:
        return local_date(at, self.house.zone)

    def _short(self, at: datetime) -> str:
        return words.short_day(self._day(at))


def _bills(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return _("invoice %(number)d") % {"number": numbers[0]}
    return _("invoices %(numbers)s") % {"numbers": ", ".join(str(each) for each in numbers)}


_PREFIX = {"agreement": "C", "product": "P"}
_REFUND: dict[str, tuple[Shown, str | Promise]] = {
    "due": (Shown.ON_ITS_WAY, gettext_lazy("It is being sent back.")),
    "sending": (Shown.ON_ITS_WAY, gettext_lazy("It is being sent back.")),
    "unknown": (Shown.NOT_KNOWN, gettext_lazy("The payment company did not answer. We are asking it.")),
    "done": (Shown.REFUNDED, gettext_lazy("Sent back on %(day)s. Your bank may need 5 to 10 days.")),
    "failed": (Shown.FAILED, gettext_lazy("It could not be sent back.")),
}
_PRODUCT: dict[str, tuple[str | Promise, str | Promise]] = {
    "product added": (
        gettext_lazy("%(product)s added"),
        gettext_lazy("From the bill of %(day)s on, which then comes to %(amount)s."),
    ),
    "product dropped": (
        gettext_lazy("%(product)s dropped"),
        gettext_lazy("From the bill of %(day)s on, which then comes to %(amount)s."),
    ),
    "product kept": (gettext_lazy("%(product)s kept after all"), gettext_lazy("The bill of %(day)s comes to %(amount)s.")),
    "product not added": (
        gettext_lazy("%(product)s not added after all"),
        gettext_lazy("The bill of %(day)s comes to %(amount)s."),
    ),
}
