"""What happened, as a letter. Pure: a journal entry and its facts in, a letter out, or none.

A mail travels open (rule H4): payee, amount, date, last four, a link. No names of people, no word about what was bought.
Every letter says what happened, how much, with what, and what comes next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext as _

from autopay import sentences, words
from autopay.billing.bank_days import add_bank_days
from autopay.charging import pay_link
from autopay.charging.remove_method import REMOVED
from autopay.clock import local_date
from autopay.notices import invitation, method_link, to_the_house, upcoming
from autopay.notices.facts import Agreed, Event, Facts, House, Payment, SentBack
from autopay.notices.letter import Draft, Kind, Letter
from autopay.parties.mail_address import Person

BANK_DAYS = 3
"""Bank days until a bank payment has arrived, told with the later end of 2 to 3 (A52)."""
RETURNABLE = timedelta(days=60)
"""A consumer's bank can send a debit back for 60 days (rule N6)."""


TOLD_TO_CONTACTS = ("charge paid", "charge failed", "charge pending", "charge returned", "refund done", "bill held")
"""What became of a patient's payment is told to who pays for them as well (V40)."""


def draft(event: Event, facts: Facts, person: Person | None = None) -> Draft | None:
    """To `person`, else to the payer. None where the entry is nobody's news, or nobody's address is known. Their language must be active."""
    person = person or facts.person_of(event)
    write = WRITERS.get(event.action)
    return write(event, facts, person) if write and person and person.to else None


def _receipt(event: Event, facts: Facts, person: Person) -> Draft | None:
    paid = facts.payments[event.object_id]
    amount, method = words.money(paid.amount), _method(paid)
    on = local_date(event.at, facts.house.zone)
    head = _("Paid. We charged %(amount)s to %(method)s on %(day)s.") % {
        "amount": amount,
        "method": method,
        "day": words.day(on),
    }
    until = _("Your bank can send it back until %(day)s.") % {"day": words.day(on + RETURNABLE)}
    said = (until if paid.bank else _("There is nothing left to do."),)
    subject = _("Receipt %(number)s: %(amount)s to %(payee)s") % {
        "number": paid.receipt,
        "amount": amount,
        "payee": facts.house.name,
    }
    rows = (*_rows(event, facts.house, paid), (_("Receipt"), paid.receipt), *_statement(facts.house))
    return Draft(Kind.RECEIPT, ("charge", paid.id), person, Letter(subject, head, said, rows, _to_receipt(paid)))


def _copy(event: Event, facts: Facts, person: Person) -> Draft | None:
    """The payer asked for the receipt once more. Each time asked is a mail of its own."""
    paid = facts.payments[event.object_id]
    first = _receipt(replace(event, at=paid.paid_at or event.at), facts, person)
    if first is None:
        return None
    back = (_("Your bank has sent this payment back since. It counts as not paid."),) if paid.returned else first.letter.said
    letter = replace(first.letter, said=(_("You asked for this copy of your receipt."), *back))
    return Draft(Kind.COPY, ("journal_entry", event.entry), person, letter)


def _failed(event: Event, facts: Facts, person: Person) -> Draft | None:
    tried = facts.payments[event.object_id]
    subject = _("Your payment of %(amount)s to %(payee)s did not go through") % _sum(tried, facts.house)
    head = _("We could not charge %(method)s.") % {"method": _method(tried)}
    said = (
        sentences.because(str(event.data.get("reason", ""))),
        sentences.not_taken(person.account),
        _("You can pay now, with this or another payment method."),
    )
    letter = Letter(subject, head, said, _rows(event, facts.house, tried), _to_pay(tried, facts.house, person))
    return Draft(Kind.FAILED, ("charge", tried.id), person, letter)


def _on_its_way(event: Event, facts: Facts, person: Person) -> Draft | None:
    sent = facts.payments[event.object_id]
    subject = _("Your payment of %(amount)s to %(payee)s is on its way") % _sum(sent, facts.house)
    head = _("Your bank payment of %(amount)s is on its way.") % _sum(sent, facts.house)
    expected = add_bank_days(local_date(event.at, facts.house.zone), BANK_DAYS)
    said = (
        _("We expect it by %(day)s. Please do not pay it again.") % {"day": words.day(expected)},
        _("We will write again when it has arrived, or if the bank sends it back."),
    )
    letter = Letter(subject, head, said, _rows(event, facts.house, sent), _home())
    return Draft(Kind.ON_ITS_WAY, ("charge", sent.id), person, letter)


def _sent_back(event: Event, facts: Facts, person: Person) -> Draft | None:
    back = facts.payments[event.object_id]
    subject = _("Your bank sent back the payment of %(amount)s to %(payee)s") % _sum(back, facts.house)
    head = _("Your bank sent back the payment of %(amount)s.") % _sum(back, facts.house)
    said = (
        sentences.because(str(event.data.get("reason", ""))),
        _("It counts as not paid. You can pay now with another payment method."),
    )
    letter = Letter(subject, head, said, _rows(event, facts.house, back), _to_pay(back, facts.house, person))
    return Draft(Kind.SENT_BACK, ("charge", back.id), person, letter)


def _refunded(event: Event, facts: Facts, person: Person) -> Draft | None:
    back: SentBack = facts.refunds[event.object_id]
    paid = facts.payments[back.charge]
    told = {"amount": words.money(back.amount), "method": _method(paid), "payee": facts.house.name}
    subject = _("%(payee)s sent %(amount)s back to you") % told
    head = _("We sent %(amount)s back to %(method)s.") % told
    said = (_("Your bank may need 5 to 10 days to show it. There is nothing left to do."),)
    rows = (
        (_("From"), facts.house.name),
        (_("Amount sent back"), words.money(back.amount)),
        (_("Date"), words.moment(event.at, facts.house.zone)),
        (_("To"), _method(paid)),
        (_("Invoice"), str(back.number)),
        (_("Receipt"), paid.receipt),
    )
    return Draft(Kind.REFUNDED, ("refund", back.id), person, Letter(subject, head, said, rows, _to_receipt(paid)))


def _cancelled(event: Event, facts: Facts, person: Person) -> Draft | None:
    """With what was sent before and cannot be stopped (rule L3). Off that was off already is no news."""
    if event.data.get("was") == "off":
        return None
    when = {"when": words.moment(event.at, facts.house.zone), "payee": facts.house.name}
    sent = facts.on_its_way.get(event.entry, [])
    said = (
        _("No new charge will start. From now on you pay each bill yourself."),
        *(
            _("This payment was already on its way and cannot be stopped: %(amount)s to %(method)s, sent %(day)s.")
            % {"amount": words.money(p.amount), "method": _method(p), "day": words.day(local_date(p.sent_at, facts.house.zone))}
            for p in sent
        ),
        *([] if sent else [_("No payment was on its way.")]),
        _wallet_after(event),
    )
    rows = ((_("With"), facts.house.name), (_("When"), when["when"]), (_("Reference"), f"C-{event.entry}"))
    if person.account:
        subject, head = _("Autopay with %(payee)s was cancelled"), _("Autopay was cancelled on %(when)s.")
    else:
        subject, head = _("Auto-Pay with %(payee)s was cancelled"), _("Auto-Pay was cancelled on %(when)s.")
    link = (_("See your cancellation"), f"/cancellations/{event.entry}") if person.account else _home()
    letter = Letter(subject % when, head % when, said, rows, link)
    return Draft(Kind.CANCELLED, ("journal_entry", event.entry), person, letter)


def _wallet_after(event: Event) -> str:
    if event.data.get("why") == REMOVED:
        return _("It ended because the payment method it charged was removed from your wallet.")
    return _("Your saved payment methods stay in your wallet.")


def _consent(event: Event, facts: Facts, person: Person) -> Draft | None:
    """The copy every payer is owed: the exact text, unchanged, and its hash (rule E4)."""
    agreed: Agreed = facts.consents[event.object_id]
    end = _("You can end this at any time on the Autopay Settings screen.") if person.account else _ask(facts.house)
    rows = (
        (_("With"), facts.house.name),
        (_("Date"), words.moment(agreed.at, facts.house.zone)),
        (_("Payment method"), words.method(agreed.brand, agreed.last4, bank=agreed.bank)),
        (_("SHA-256 of the text"), agreed.sha256),
    )
    subject = _("Your copy of what you agreed to with %(payee)s") % {"payee": facts.house.name}
    head = _("This is your copy of what you agreed to. Please keep it.")
    return Draft(Kind.CONSENT, ("consent", agreed.id), person, Letter(subject, head, (end,), rows, _home(), agreed.text))


def _method_added(event: Event, facts: Facts, person: Person) -> Draft | None:
    return _wallet(event, facts, person, Kind.METHOD_ADDED)


def _method_removed(event: Event, facts: Facts, person: Person) -> Draft | None:
    return _wallet(event, facts, person, Kind.METHOD_REMOVED)


def _wallet(event: Event, facts: Facts, person: Person, kind: Kind) -> Draft | None:
    method = facts.methods[int(event.data["method"])]
    if method.once:
        return None
    told = {"method": words.method(method.brand, method.last4, bank=method.bank), "payee": facts.house.name}
    if kind is Kind.METHOD_ADDED:
        subject, head = _("A payment method was added for %(payee)s"), _("%(method)s was added to your wallet.")
        next_ = _("Saving it charged nothing.")
    else:
        subject, head = _("A payment method was removed for %(payee)s"), _("%(method)s was removed from your wallet.")
        next_ = _("It will not be charged again. What was already on its way cannot be stopped.")
    rows = ((_("With"), facts.house.name), (_("When"), words.moment(event.at, facts.house.zone)))
    letter = Letter(subject % told, head % told, (next_, _not_you(facts.house)), rows, _home())
    return Draft(kind, ("method", method.id), person, letter)


WRITERS: dict[str, Callable[[Event, Facts, Person], Draft | None]] = {
    "charge paid": _receipt,
    "receipt copy asked": _copy,
    "charge failed": _failed,
    "charge pending": _on_its_way,
    "charge returned": _sent_back,
    "refund done": _refunded,
    "auto-pay off": _cancelled,
    "consent recorded": _consent,
    "method usable": _method_added,
    "own payments allowed": _method_added,
    "method removed": _method_removed,
    **upcoming.WRITERS,
    **invitation.WRITERS,
    **method_link.WRITERS,
    **to_the_house.WRITERS,
}
"""Which entries are news, by their action."""


def _rows(event: Event, house: House, payment: Payment) -> tuple[tuple[str, str], ...]:
    numbers = ", ".join(str(number) for number in payment.numbers)
    return (
        (_("Payee"), house.name),
        (_("Amount"), words.money(payment.amount)),
        (_("Date"), words.moment(event.at, house.zone)),
        (_("Payment method"), _method(payment)),
        (_("Invoice") if len(payment.numbers) == 1 else _("Invoices"), numbers),
    )


def _statement(house: House) -> tuple[tuple[str, str], ...]:
    return ((_("On your statement"), house.descriptor),) if house.descriptor else ()


def _sum(payment: Payment, house: House) -> dict[str, str]:
    return {"amount": words.money(payment.amount), "payee": house.name}


def _method(payment: Payment) -> str:
    return words.method(payment.brand, payment.last4, bank=payment.bank)


def _ask(house: House) -> str:
    if house.phone:
        return _("You can end this at any time: call %(phone)s.") % {"phone": house.phone}
    return _("You can end this at any time: ask the office.")


def _not_you(house: House) -> str:
    if house.phone:
        return _("If this was not you, call %(phone)s.") % {"phone": house.phone}
    return _("If this was not you, tell the office.")


def _to_receipt(payment: Payment) -> tuple[str, str]:
    return _("View receipt"), f"/receipts/{payment.uid}"


def _to_pay(payment: Payment, house: House, person: Person) -> tuple[str, str]:
    """A patient's one invoice is paid without a log-in (V40); a bill of several, and an account's, after it."""
    if person.account or len(payment.bills) != 1:
        return _("Pay Now"), f"/receipts/{payment.uid}/pay"
    return _("Pay Now"), f"/pay/{pay_link.ticket(pay_link.Asked(house.id, payment.bills[0]))}"


def _home() -> tuple[str, str]:
    return _("See your billing"), "/home"
