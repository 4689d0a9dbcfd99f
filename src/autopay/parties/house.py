"""The biller's own settings: name and contact data, when bills come, the time zone (A64). Each change is checked, journalled, and refused
to a page that showed something older."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TypeVar
from zoneinfo import available_timezones

from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.parties.descriptor import fault
from autopay.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Contact:
    """How payers know the biller. `descriptor` stands on their statements; empty: the payment company's own."""

    name: str
    short_name: str
    phone: str
    email: str
    hours: str
    descriptor: str


@dataclass(frozen=True, slots=True)
class Days:
    """`bill_day`: the anchor day new accounts begin with, 1 to 31. `notice_days`: from bill day to charge day, 0 to 27."""

    bill_day: int
    notice_days: int


@dataclass(frozen=True, slots=True)
class Zone:
    """An IANA zone: the dates of bills and charges are local dates there."""

    zone: str


Settings = Contact | Days | Zone
T = TypeVar("T", bound=Contact | Days | Zone)
ACTIONS: dict[type, str] = {Contact: "contact data changed", Days: "billing days changed", Zone: "time zone changed"}


def contact(tx: Tx) -> Contact:
    return _read(tx, Contact)


def days(tx: Tx) -> Days:
    return _read(tx, Days)


def zone(tx: Tx) -> Zone:
    return _read(tx, Zone)


def keep(db: Database, biller: int, new: Settings, seen: Settings, by: By) -> None:
    """Store it whole. Raises Refusal named after the field that cannot be so, or `changed` if `seen` no longer stands."""
    _must_be_possible(new)
    with db.transaction(biller) as tx:
        tx.run("select id from biller where id = %(biller)s for no key update", biller=biller)
        was = _read(tx, type(new))
        if was != seen:
            raise Refusal("changed", "Things changed since you opened this page. Nothing was saved. Please look again.")
        if was == new:
            return
        sets = ", ".join(f"{each.name} = %({each.name})s" for each in fields(new))
        tx.run(f"update biller set {sets} where id = %(biller)s", biller=biller, **asdict(new))
        before, after = asdict(was), asdict(new)
        changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        note(tx, biller, by, ACTIONS[type(new)], ("biller", biller), **changed)


def _read(tx: Tx, kind: type[T]) -> T:
    names = ", ".join(each.name for each in fields(kind))
    found = tx.one(kind, f"select {names} from biller")
    if found is None:
        raise LookupError("no biller is open in this transaction")
    return found


def _must_be_possible(new: Settings) -> None:
    match new:
        case Contact():
            if not new.name or not new.short_name:
                raise Refusal("name", "Please give a name and a short name.")
            if new.descriptor and (wrong := fault(new.descriptor)):
                raise Refusal("descriptor", wrong)
        case Days():
            if not 1 <= new.bill_day <= 31:
                raise Refusal("bill_day", "A bill day is a number from 1 to 31.")
            if not 0 <= new.notice_days <= 27:
                raise Refusal("notice_days", "Notice days are a number from 0 to 27.")
        case Zone():
            if new.zone not in available_timezones():
                raise Refusal("zone", "This is not a time zone we know. Use one like America/Los_Angeles.")
