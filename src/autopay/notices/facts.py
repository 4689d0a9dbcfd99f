"""What a batch of journal entries is about, read by the hundred: payments, refunds, consents, methods, and whom to write to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from autopay.charging.coming import Coming, coming
from autopay.clock import local_date
from autopay.database import PLANNED_ONCE, Tx
from autopay.money import Money
from autopay.notices.invited import Invited, invitations
from autopay.notices.linked import Linked, links
from autopay.parties.mail_address import CONTACTS, PEOPLE, Person

T = TypeVar("T")

HOUSE = "select id, name, phone, email, hours, zone, descriptor from biller where id = %(biller)s"

PAYMENTS = """
    select c.id, c.uid, c.payer_id as payer, c.minor, c.currency, c.sent_at, c.state = 'returned' as returned,
           (select min(e.at) from journal_entry e where e.biller_id = c.biller_id and e.object = 'charge' and e.object_id = c.id
                                                    and e.action = 'charge paid') as paid_at, m.kind = 'bank' as bank, m.brand, m.last4,
           array(select i.number from charge_part p join invoice i on i.id = p.invoice_id
                 where p.charge_id = c.id order by i.number) as numbers,
           array(select i.uid::text from charge_part p join invoice i on i.id = p.invoice_id
                 where p.charge_id = c.id order by i.number) as bills
    from charge c join method m on m.id = c.method_id
    where c.biller_id = %(biller)s and c.id = any(%(ids)s::bigint[])
"""
REFUNDS = """
    select r.id, r.charge_id as charge, c.payer_id as payer, r.minor, c.currency, i.number
    from refund r join charge c on c.id = r.charge_id join invoice i on i.id = r.invoice_id
    where r.biller_id = %(biller)s and r.id = any(%(ids)s::bigint[])
"""
CONSENTS = """
    select c.id, c.payer_id as payer, c.text, c.sha256, c.at, m.kind = 'bank' as bank, m.brand, m.last4
    from consent c join method m on m.id = c.method_id
    where c.biller_id = %(biller)s and c.id = any(%(ids)s::bigint[])
"""
METHODS = """
    select id, kind = 'bank' as bank, brand, last4, once from method where biller_id = %(biller)s and id = any(%(ids)s::bigint[])
"""
BILLS = """
    select i.id, i.uid, i.payer_id as payer, p.uid::text as payer_uid, i.number, i.total as minor, i.currency, i.due_on,
           taken.id is not null as taken, m.kind = 'bank' as bank, m.brand, m.last4
    from invoice i
    join payer p on p.id = i.payer_id
    left join lateral (select c.id, c.method_id from charge_part part join charge c on c.id = part.charge_id
                       where part.invoice_id = i.id and (part.live or c.state = 'paid') order by c.id desc limit 1) taken on true
    left join method m on m.id = taken.method_id or (taken.method_id is null and m.payer_id = i.payer_id and m.is_default)
    where i.biller_id = %(biller)s and i.id = any(%(ids)s::bigint[]) and i.voided_at is null
"""
SENT_BEFORE = """
    select c.id from charge c
    where c.payer_id = %(payer)s and c.trigger <> 'pay_now' and c.state not in ('due', 'withdrawn')
      and c.agreement_version_id < (select max(v.id) from agreement_version v where v.payer_id = %(payer)s and v.at <= %(at)s)
      and (c.settled_at is null or c.settled_at > %(at)s)
    order by c.id
"""
"""Charges that an agreement allowed before it was ended at `at`, and that had not ended by then."""

ABOUT_METHODS = ("method usable", "own payments allowed", "method removed", "method expires")


@dataclass(frozen=True, slots=True)
class Event:
    """A sealed journal entry. `seq` is its number in the chain."""

    seq: int
    entry: int
    at: datetime
    action: str
    object: str
    object_id: int
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class House:
    """The biller, as payers know it."""

    id: int
    name: str
    phone: str
    email: str
    hours: str
    zone: str
    descriptor: str


@dataclass(frozen=True, slots=True)
class Payment:
    """A charge that was sent, with the numbers of its invoices."""

    id: int
    uid: UUID
    payer: int
    minor: int
    currency: str
    sent_at: datetime
    bank: bool
    brand: str
    last4: str
    numbers: list[int]
    returned: bool = False
    paid_at: datetime | None = None
    """When it first was paid."""
    bills: list[str] = field(default_factory=list)
    """The public ids of its invoices."""

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def receipt(self) -> str:
        return f"R-{self.id}"


@dataclass(frozen=True, slots=True)
class SentBack:
    id: int
    charge: int
    payer: int
    minor: int
    currency: str
    number: int

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


@dataclass(frozen=True, slots=True)
class Agreed:
    id: int
    payer: int
    text: str
    sha256: str
    at: datetime
    bank: bool
    brand: str
    last4: str


@dataclass(frozen=True, slots=True)
class Saved:
    id: int
    bank: bool
    brand: str
    last4: str
    once: bool = False
    """Typed for one payment and not kept: no news for a wallet."""


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill, and whether a charge stands for it. `last4` is of that charge's method, else of the account's default; None without one."""

    id: int
    uid: UUID
    payer: int
    payer_uid: str
    number: int
    minor: int
    currency: str
    due_on: date
    taken: bool
    bank: bool | None
    brand: str | None
    last4: str | None

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


@dataclass(frozen=True, slots=True)
class Facts:
    """By id; `on_its_way` by the entry of the cancellation, `coming` by payer."""

    house: House
    people: dict[int, Person]
    payments: dict[int, Payment]
    refunds: dict[int, SentBack]
    consents: dict[int, Agreed]
    methods: dict[int, Saved]
    on_its_way: dict[int, list[Payment]]
    bills: dict[int, Bill]
    coming: dict[int, Coming]
    invitations: dict[int, Invited] = field(default_factory=dict)
    contacts: list[Person] = field(default_factory=list)
    """Who pays for these payers, a line for each of them; `id` is the payer's."""
    links: dict[int, Linked] = field(default_factory=dict)
    """By id; what was mailed to add a method by."""

    def people_of(self, event: Event, contacts: bool) -> list[Person]:
        """Whom to write to about it, each address once; with `contacts` also who pays for them."""
        first = self.person_of(event)
        if first is None:
            return []
        told = {first.to.lower(): first} if first.to else {}
        for each in self.contacts if contacts else []:
            if each.id == first.id:
                told.setdefault(each.to.lower(), each)
        return list(told.values())

    def person_of(self, event: Event) -> Person | None:
        if event.object == "invitation":
            invited = self.invitations.get(event.object_id)
            return Person(invited.payer or 0, invited.payer is not None, invited.language, invited.email) if invited else None
        if event.object == "method_link":
            linked = self.links.get(event.object_id)
            return Person(linked.payer, account=False, language=linked.language, to=linked.email) if linked else None
        if event.object == "biller":
            return Person(0, account=False, language="en", to=self.house.email)
        payer = event.object_id if event.object == "payer" else self._payer(event.object, event.object_id)
        return self.people.get(payer)

    def _payer(self, table: str, id_: int) -> int:
        found: Payment | SentBack | Agreed | Bill | None = None
        if table == "charge":
            found = self.payments.get(id_)
        elif table == "refund":
            found = self.refunds.get(id_)
        elif table == "consent":
            found = self.consents.get(id_)
        elif table == "invoice":
            found = self.bills.get(id_)
        return found.payer if found else 0


def gather(tx: Tx, biller: int, events: Sequence[Event]) -> Facts:
    """A handful of statements, however many entries."""
    tx.run(PLANNED_ONCE)
    house = tx.one(House, HOUSE, biller=biller)
    if house is None:
        raise LookupError(f"biller {biller} does not exist")
    refunds = _by_id(tx, SentBack, REFUNDS, biller, _ids(events, "refund"))
    consents = _by_id(tx, Agreed, CONSENTS, biller, _ids(events, "consent"))
    cancelled = {each.entry: _sent_before(tx, each) for each in events if each.action == "auto-pay off"}
    wanted = [*_ids(events, "charge"), *(r.charge for r in refunds), *(id_ for ids in cancelled.values() for id_ in ids)]
    payments = {p.id: p for p in _by_id(tx, Payment, PAYMENTS, biller, wanted)}
    methods = [int(each.data["method"]) for each in events if each.action in ABOUT_METHODS]
    bills = {b.id: b for b in _by_id(tx, Bill, BILLS, biller, _ids(events, "invoice"))}
    asked_on = {
        bills[e.object_id].payer: local_date(e.at, house.zone) for e in events if e.object == "invoice" and e.object_id in bills
    }
    things: list[Payment | SentBack | Agreed | Bill] = [*payments.values(), *refunds, *consents, *bills.values()]
    payers = {*_ids(events, "payer"), *(each.payer for each in things)}
    return Facts(
        house,
        {_id(p): p for p in _by_id(tx, Person, PEOPLE, biller, sorted(payers))},
        payments,
        {r.id: r for r in refunds},
        {c.id: c for c in consents},
        {m.id: m for m in _by_id(tx, Saved, METHODS, biller, methods)},
        {entry: [payments[id_] for id_ in ids] for entry, ids in cancelled.items()},
        bills,
        coming(tx, asked_on) if asked_on else {},
        invitations(tx, biller, _ids(events, "invitation")),
        _by_id(tx, Person, CONTACTS, biller, sorted(payers)),
        links(tx, biller, _ids(events, "method_link")),
    )


def _by_id(tx: Tx, into: Callable[..., T], sql: str, biller: int, ids: list[int]) -> list[T]:
    return tx.all(into, sql, biller=biller, ids=ids) if ids else []


def _id(person: Person) -> int:
    return person.id or 0


def _sent_before(tx: Tx, event: Event) -> list[int]:
    return tx.column(SENT_BEFORE, payer=event.object_id, at=event.at)


def _ids(events: Iterable[Event], object_: str) -> list[int]:
    return [each.object_id for each in events if each.object == object_]
