"""Letters about what is to come: a new bill and when it is charged, a bill that waits for a yes, a card that expires (A55, A58)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.translation import gettext as _

from autopay import sentences, words
from autopay.charging.approve import Asked, ticket
from autopay.charging.charge import Hold, Why
from autopay.charging.coming import Coming
from autopay.money import Money
from autopay.notices.facts import Bill, Event, Facts, House
from autopay.notices.letter import Draft, Kind, Letter
from autopay.parties.mail_address import Person


def _issued(event: Event, facts: Facts, person: Person) -> Draft | None:
    """A practice's bill, with what autopay will do about it. A visit's invoice is told by its receipt or failure."""
    bill = facts.bills.get(event.object_id)
    if bill is None or not person.account:
        return None
    coming = facts.coming.get(bill.payer)
    mine = coming if coming and any(each.invoice == bill.id for each in coming.bills) else None
    if mine and mine.needs_ok:
        return _needs_ok(bill, mine, facts.house, person)
    sums = {"amount": words.money(bill.amount), "payee": facts.house.name, "day": words.day(bill.due_on)}
    subject = _("Your bill of %(amount)s from %(payee)s, due %(day)s") % sums
    head = _("Your new bill is %(amount)s.") % sums
    letter = Letter(subject, head, _what_comes(bill, mine), _rows(bill, facts.house), _to_bill(bill))
    return Draft(Kind.BILL, ("invoice", bill.id), person, letter)


def _what_comes(bill: Bill, coming: Coming | None) -> tuple[str, ...]:
    """As the engine would decide it on the bill's day, or has decided it already."""
    due = {"amount": words.money(bill.amount), "day": words.day(bill.due_on)}
    if bill.taken or (coming and coming.why is None):
        method = words.method(bill.brand or "", bill.last4 or "", bank=bool(bill.bank))
        return (
            _("Autopay charges %(amount)s on %(day)s to %(method)s.") % (due | {"method": method}),
            _("You need do nothing. You can pay sooner, change the method or cancel at any time."),
        )
    pay = _("Please pay it by %(day)s.") % due
    if coming is None or coming.why is None:
        return (pay,)
    until = coming.decision.until if isinstance(coming.decision, Hold) else None
    return (sentences.why(sentences.Story(coming.why, visit=False, until=until)), pay)


def _held(event: Event, facts: Facts, person: Person) -> Draft | None:
    """Above the account's limit, and nobody had said yes (A55); or a consumer's debit, announced before it is charged (E6)."""
    bill = facts.bills.get(event.object_id)
    if bill is None:
        return None
    if event.data.get("why") == Why.NOTICE_FIRST:
        return _announced(event, bill, facts.house, person)
    coming = facts.coming.get(bill.payer)
    return _needs_ok(bill, coming, facts.house, person) if coming and coming.needs_ok else None


def _announced(event: Event, bill: Bill, house: House, person: Person) -> Draft:
    """Its ten full days count from the day on which this mail is sent. About the entry: the same bill may be announced again."""
    amount = Money(int(event.data["minor"]), bill.currency)
    sums = {"amount": words.money(amount), "payee": house.name, "day": words.day(date.fromisoformat(event.data["until"]))}
    method = words.method(bill.brand or "", bill.last4 or "", bank=bool(bill.bank))
    subject = _("%(payee)s will charge %(amount)s, on %(day)s at the earliest") % sums
    head = _("We will charge %(amount)s to %(method)s.") % (sums | {"method": method})
    said = (
        _("Not before %(day)s. This is more than you agreed to be charged without notice, so we tell you first.") % sums,
        _("You need do nothing. Until then you can pay another way, change the method, or turn this off."),
    )
    rows = (
        (_("Payee"), house.name),
        (_("Amount"), words.money(amount)),
        (_("Not before"), sums["day"]),
        (_("Invoice"), str(bill.number)),
    )
    letter = Letter(subject, head, said, rows, (_("See your billing"), "/home"))
    return Draft(Kind.ANNOUNCED, ("journal_entry", event.entry), person, letter)


def _needs_ok(bill: Bill, coming: Coming, house: House, person: Person) -> Draft:
    amount = Money(coming.minor, bill.currency)
    limit = coming.bills[0].cap_minor or 0
    sums = {"amount": words.money(amount), "payee": house.name, "limit": words.money(Money(limit, bill.currency))}
    subject = _("Your bill of %(amount)s from %(payee)s needs your OK") % sums
    head = _("This bill needs your OK.")
    said = (
        _("It is %(amount)s. Your limit is %(limit)s.") % sums,
        _("Nothing is charged until you say yes. Until then it stays open."),
    )
    link = (_("Look and say yes"), f"/approval/{ticket(Asked(house.id, bill.payer_uid, coming.minor))}")
    letter = Letter(subject, head, said, _rows(bill, house), link)
    return Draft(Kind.NEEDS_OK, ("invoice", bill.id), person, letter)


def _expires(event: Event, facts: Facts, person: Person) -> Draft | None:
    """`data` says which method, its last local day, and how many days ahead that was."""
    method = facts.methods.get(int(event.data["method"]))
    if method is None:
        return None
    last, days = date.fromisoformat(event.data["last_day"]), int(event.data["days"])
    card, day = words.method(method.brand, method.last4), words.day(last)
    told = {"method": card, "day": day, "payee": facts.house.name, "days": days}
    said = (
        _("Payments to %(payee)s would not go through after that day. Nothing is charged by changing the card.") % told,
        _("You can change it on your Autopay Settings or Wallet page.") if person.account else _call(facts.house),
    )
    rows = ((_("Payee"), facts.house.name), (_("Payment method"), card), (_("Last day"), day))
    letter = Letter(
        _("Your card for %(payee)s expires in %(days)d days") % told,
        _("%(method)s expires on %(day)s.") % told,
        said,
        rows,
        (_("See your billing"), "/home"),
    )
    return Draft(f"expires in {days}", ("method", method.id), person, letter)


def _rows(bill: Bill, house: House) -> tuple[tuple[str, str], ...]:
    return (
        (_("Payee"), house.name),
        (_("Amount"), words.money(bill.amount)),
        (_("Invoice"), str(bill.number)),
        (_("Due"), words.day(bill.due_on)),
    )


def _to_bill(bill: Bill) -> tuple[str, str]:
    return _("See the bill"), f"/bills/{bill.uid}"


def _call(house: House) -> str:
    if house.phone:
        return _("Call %(phone)s to give another card.") % {"phone": house.phone}
    return _("Ask the office for a way to give another card.")


WRITERS: dict[str, Callable[[Event, Facts, Person], Draft | None]] = {
    "invoice issued": _issued,
    "bill held": _held,
    "method expires": _expires,
}
