"""One row of a CSV file: pure, from the texts under its columns to what it says, or Unfit naming the column and what to mend.

What stands in the cell is not repeated: where cells have slipped, it may be a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from autopay.interop.records import LARGEST_MINOR, FollowUp, Identity, Kind, Patient, Unfit, Visit, named, storable
from autopay.money import Money, MoneyError

COLUMNS = {
    "type": "visit, payment, adjustment or void; empty means visit",
    "id": "the row's own identifier in your system; a void may leave it empty",
    "patient": "visit: the patient's identifier",
    "name": "visit: the patient's name; needed once for a patient who is not known yet",
    "email": "visit: the patient's email address, if you have it",
    "phone": "visit: the patient's phone number, if you have it",
    "date": "visit: the day of the visit; payment: the day it was received; YYYY-MM-DD",
    "amount": "visit: the patient's share; payment: what was paid; adjustment: what the bill comes to from now on",
    "visit": "payment, adjustment, void: the id of the visit it is about",
    "invoice": "payment, adjustment, void: our invoice number, instead of visit",
    "how": "payment: check, cash, wire, phone, card or other",
    "source": "the system the identifiers are from; empty means the one given with --source",
}
REQUIRED = ("id", "date", "amount")
HOW = ("check", "cash", "wire", "phone", "card", "other")
_amount = re.compile(r"^\$?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$")
_email = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says; a visit's row speaks of its patient too."""

    kind: Kind
    visit: Visit | None = None
    patient: Patient | None = None
    follow_up: FollowUp | None = None


def read_row(fields: Fields, source: str, currency: str) -> Row:
    """Raises Unfit. `source` is what identifiers without one belong to."""
    kind = fields.get("type", "").lower() or "visit"
    if kind not in READERS:
        raise Unfit(f"has none of these in column type: {', '.join(READERS)}")
    return READERS[kind](fields, fields.get("source", "") or source, currency)


def _visit(fields: Fields, source: str, currency: str) -> Row:
    patient = Identity(source, _needed(fields, "patient"))
    name = fields.get("name", "")
    who = Patient(patient, named(name) if name else "", _mail(fields.get("email", "")), _short(fields, "phone", 30))
    visit = Visit(Identity(source, _needed(fields, "id")), patient, "", _date(fields), _money(fields, currency))
    return Row(Kind.VISIT, visit, who)


def _payment(fields: Fields, source: str, currency: str) -> Row:
    how = fields.get("how", "").lower()
    if how not in HOW:
        raise Unfit(f"has none of these in column how: {', '.join(HOW)}")
    minor = _money(fields, currency)
    if not minor:
        raise Unfit("has an amount of zero: a payment is above it")
    return _follow_up(Kind.PAYMENT, fields, source, minor=minor, on=_date(fields), how=how)


def _adjustment(fields: Fields, source: str, currency: str) -> Row:
    return _follow_up(Kind.ADJUSTMENT, fields, source, minor=_money(fields, currency))


def _void(fields: Fields, source: str, _currency: str) -> Row:
    own = fields.get("id", "") or fields.get("visit", "") or fields.get("invoice", "")
    return _follow_up(Kind.VOID, {**fields, "id": own}, source)


def _follow_up(kind: Kind, fields: Fields, source: str, minor: int = 0, on: date | None = None, how: str = "") -> Row:
    visit, invoice = fields.get("visit", ""), fields.get("invoice", "")
    if bool(visit) == bool(invoice):
        raise Unfit(
            "names no visit and no invoice: fill in one of the two columns"
            if not visit
            else "names a visit and an invoice: one is enough"
        )
    if invoice and not re.fullmatch(r"[0-9]{1,15}", invoice):
        raise Unfit("has no invoice number in column invoice")
    about = Identity(source, visit) if visit else None
    identity = Identity(source, _needed(fields, "id"))
    return Row(kind, follow_up=FollowUp(kind, identity, about, int(invoice) if invoice else None, minor, on, how))


READERS: dict[str, Callable[[Fields, str, str], Row]] = {
    "visit": _visit,
    "payment": _payment,
    "adjustment": _adjustment,
    "void": _void,
}


def _money(fields: Fields, currency: str) -> int:
    """Dollars and cents with a point. A decimal comma is refused: `96,00` must never become 9600."""
    text = _needed(fields, "amount").replace(" ", "")
    if not _amount.match(text):
        raise Unfit("has no amount in column amount: write it like 96.00 or 1,096.00, not below zero")
    try:
        money = Money.parse(text, currency)
    except MoneyError:
        raise Unfit(f"has more digits after the point in column amount than {currency} can pay") from None
    if money.minor > LARGEST_MINOR:
        raise Unfit("has an amount beyond reason in column amount")
    return money.minor


def _date(fields: Fields) -> date:
    text = _needed(fields, "date")
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Unfit("has no day in column date: write it like 2026-11-23")


def _needed(fields: Fields, column: str) -> str:
    text = fields.get(column, "")
    if not text:
        raise Unfit(f"has nothing in column {column}")
    return storable(text, column)


def _mail(text: str) -> str:
    if text and (len(text) > 254 or not _email.match(text)):
        raise Unfit("has no email address in column email")
    return storable(text, "email")


def _short(fields: Fields, column: str, longest: int) -> str:
    text = fields.get(column, "")
    if len(text) > longest:
        raise Unfit(f"has more than {longest} characters in column {column}")
    return storable(text, column)
