"""What an account uses and pays for: add a product, drop one, or take either back, from the next bill on (A50).

Nothing is billed for the past, and a bill that was issued stays owed: a change begins on a bill day, never on one that has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from autopay.billing.bill import PRICE
from autopay.billing.bill_day import bill_day
from autopay.clock import local_date
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal

CLOSES = timedelta(minutes=15)
"""So long before its day a bill takes no change any more: one that is confirmed must be committed before the night reads it."""

ACCOUNT = """
    select b.zone, b.currency from payer p join biller b on b.id = p.biller_id
    where p.id = %(payer)s and p.kind = 'account'
"""

OFFERED = f"""
    select p.id, p.uid, p.code, p.name, s.id as selection, coalesce(s.quantity, 1) as quantity, s.since, s.until,
           exists (select from selection u where u.product_id = p.id and u.payer_id = %(payer)s
                   and u.since <= %(today)s and (u.until is null or u.until > %(today)s)) as used_today,
           price.minor as price, coalesce(price.source, '') as source, coalesce(price.document, '') as document, price.since as price_since
    from product p
    left join lateral (
        select s.* from selection s
        where s.product_id = p.id and s.payer_id = %(payer)s and (s.until is null or s.until > %(today)s)
        order by s.until nulls first, s.id desc limit 1) s on true
    left join lateral ({PRICE.format(product="p.id", payer="%(payer)s", on="%(on)s")}) price on true
    order by p.id
"""
ADD = """
    insert into selection (biller_id, payer_id, product_id, quantity, since)
    values (%(biller)s, %(payer)s, %(product)s, 1, %(on)s) on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Account:
    zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the biller's products, as this account has it or could have it. `price` in minor units a month, on the next bill day;
    None where there is none, then it is not billed. `since`, `until`: local dates of the selection; `selection` None: not used."""

    id: int
    uid: UUID
    code: str
    name: str
    selection: int | None
    quantity: int
    since: date | None
    until: date | None
    used_today: bool
    price: int | None
    source: str
    document: str
    price_since: date | None

    def used_on(self, day: date) -> bool:
        return self.since is not None and self.since <= day and (self.until is None or self.until > day)

    def minor_on(self, day: date) -> int:
        """What a bill of that day takes for it."""
        return self.quantity * (self.price or 0) if self.used_on(day) else 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every product of the biller for one account. `today` and `bill_on`, the next bill day, are local dates."""

    account: Account
    offers: list[Offer]
    today: date
    bill_on: date

    def total(self) -> int:
        """What the next bill comes to, at the prices known for its day."""
        return sum(each.minor_on(self.bill_on) for each in self.offers)

    def total_if(self, product: Offer, wanted: bool) -> int:
        others = self.total() - product.minor_on(self.bill_on)
        return others + (product.quantity * (product.price or 0) if wanted else 0)

    def find(self, uid: UUID) -> Offer | None:
        return next((each for each in self.offers if each.uid == uid), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person confirmed: this product wanted or not, from the bill they saw on, for the total they saw (minor units)."""

    payer: int
    product: UUID
    wanted: bool
    seen_on: date
    seen_minor: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """`reference` is the journal entry; None: it was so already, nothing was written."""

    reference: int | None
    product: str
    bill_on: date
    minor: int
    currency: str


def shelf(tx: Tx, payer: int, now: datetime) -> Shelf:
    """Raises LookupError for what is no account."""
    found = tx.one(Account, ACCOUNT, payer=payer)
    days = bill_day(tx, payer, local_date(now, found.zone)) if found else None
    if found is None or days is None:
        raise LookupError(f"payer {payer} is no account")
    today = local_date(now, found.zone)
    on = days.after(today)
    return Shelf(found, tx.all(Offer, OFFERED, payer=payer, today=today, on=on), today, on)


def choose(db: Database, biller: int, choice: Choice, by: By) -> Chosen:
    """Done twice, it is done once. Raises Refusal when the page was stale, the bill is about to be made, or there is no price."""
    with db.transaction(biller) as tx:
        tx.run("select id from payer where id = %(payer)s for no key update", payer=choice.payer)
        stands = shelf(tx, choice.payer, by.at)
        product = stands.find(choice.product)
        if product is None:
            raise Refusal("not_found", "We cannot find that product.")
        if product.used_on(stands.bill_on) == choice.wanted:
            return Chosen(None, product.name, stands.bill_on, stands.total(), stands.account.currency)
        _must_be_possible(stands, product, choice, by)
        action = _write(tx, biller, stands, product, choice)
        minor = stands.total_if(product, choice.wanted)
        said = {"product": product.name, "bill": stands.bill_on, "minor": minor}
        reference = note(tx, biller, by, action, ("payer", choice.payer), **said)
        return Chosen(reference, product.name, stands.bill_on, minor, stands.account.currency)


def _must_be_possible(stands: Shelf, product: Offer, choice: Choice, by: By) -> None:
    if local_date(by.at + CLOSES, stands.account.zone) >= stands.bill_on:
        raise Refusal("closed", "Your next bill is being made up. Please change your products again tomorrow.")
    if choice.wanted and product.price is None:
        raise Refusal("no_price", "This product has no price yet. Please ask us for one.")
    if (choice.seen_on, choice.seen_minor) != (stands.bill_on, stands.total_if(product, choice.wanted)):
        raise Refusal("changed", "Things changed since you opened this page. Your products are as they were. Please look again.")


def _write(tx: Tx, biller: int, stands: Shelf, product: Offer, choice: Choice) -> str:
    """The journal's word for what was done. What has not begun is taken back without a trace on any bill."""
    if choice.wanted and product.selection is not None:
        again = "update selection set until = null, since = least(since, %(on)s) where id = %(id)s"
        tx.run(again, on=stands.bill_on, id=product.selection)
        return "product kept"
    if choice.wanted:
        tx.run(ADD, biller=biller, payer=choice.payer, product=product.id, on=stands.bill_on)
        return "product added"
    if product.since is not None and product.since > stands.today:
        tx.run("delete from selection where id = %(id)s", id=product.selection)
        return "product dropped" if product.used_today else "product not added"
    tx.run("update selection set until = %(on)s where id = %(id)s", on=stands.bill_on, id=product.selection)
    return "product dropped"
