"""Change a price: a list price on the Data Sheet, or what an account negotiated (A61). Looked at first, then made.

A price is a row that is never rewritten: a new one closes what it overlaps, in one transaction, and the database lets no two of one
source overlap. Issued bills carry their own amounts and are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from autopay.billing.models import Price
from autopay.billing.price_preview import Preview, bills, compare
from autopay.clock import local_date
from autopay.database import Database, Tx
from autopay.journal.write import By, note
from autopay.refusal import Refusal

HIGHEST_MINOR = 100_000_000
PLANNED_AT_MOST = timedelta(days=5 * 366)
MINE = "product_id = %(product)s and payer_id is not distinct from %(payer)s::bigint and source = %(source)s"
CLOSE = f"""update price set until = %(since)s where {MINE} and since <= %(since)s and (until is null or until > %(since)s)"""
"""One that began this very day never holds: it ends on the day it begins."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """From the local date `since` on, `minor` per unit and month, until the local date `until` if one is given. `minor` None ends a
    negotiated price, so that the next source in line holds. `payer` is None on a Data Sheet."""

    product: int
    source: Price.Source
    payer: int | None
    minor: int | None
    since: date
    until: date | None = None
    document: str = ""


class _Undone(Exception):
    """The preview is taken; nothing of it stays."""


def preview_price(db: Database, biller: int, change: PriceChange, by: By) -> Preview:
    """What the change would do, by doing it and taking it back. Raises Refusal where it may not be made."""
    found: list[Preview] = []
    try:
        with db.transaction(biller) as tx:
            found.append(_make(tx, biller, change, by))
            raise _Undone
    except _Undone:
        return found[0]


def change_price(db: Database, biller: int, change: PriceChange, seen: str, by: By) -> Preview:
    """Make it, if it still does what the person saw. Raises Refusal `changed` if not."""
    with db.transaction(biller) as tx:
        made = _make(tx, biller, change, by)
        if made.seen != seen:
            raise Refusal("changed", "The numbers changed. Please look again.")
    return made


def _make(tx: Tx, biller: int, change: PriceChange, by: By) -> Preview:
    if tx.value("select id from product where id = %(id)s for no key update", id=change.product) is None:
        raise Refusal("product", "This product is not yours.")
    _must_be_possible(tx, biller, change, by)
    before = bills(tx, change.product, change.payer, change.since)
    held, until = _in_force(tx, change), _until(tx, change)
    if held == Held(change.minor or 0, until, change.document) and change.minor is not None:
        raise Refusal("same", "This is the price on that day already. There is nothing to change.")
    closed = tx.run(CLOSE, **_mine(change), since=change.since)
    if change.minor is None:
        if not closed:
            raise Refusal("nothing", "No such price holds on that day, so there is nothing to end.")
    else:
        tx.run(
            """insert into price (biller_id, product_id, payer_id, source, minor, since, until, document)
               values (%(biller)s, %(product)s, %(payer)s, %(source)s, %(minor)s, %(since)s, %(until)s, %(document)s)""",
            biller=biller,
            **_mine(change),
            minor=change.minor,
            since=change.since,
            until=until,
            document=change.document,
        )
    told = {"source": change.source.value, "payer": change.payer, "was": held.minor if held else None, "now": change.minor}
    note(tx, biller, by, "price changed", ("product", change.product), **told, since=change.since, until=until)
    after = bills(tx, change.product, change.payer, change.since)
    return compare(before, after, change.source.value, None if change.minor is None else until)


def _must_be_possible(tx: Tx, biller: int, change: PriceChange, by: By) -> None:
    today = local_date(by.at, tx.value("select zone from biller where id = %(biller)s", biller=biller))
    listed = change.source is Price.Source.DATA_SHEET
    if change.since < today:
        raise Refusal("since", "A price cannot begin before today. Bills that were issued stay as they are.")
    if change.since > today + PLANNED_AT_MOST:
        raise Refusal("since", "A price can be planned for the next five years.")
    if change.until is not None and change.until <= change.since:
        raise Refusal("until", "A price ends after it begins.")
    if listed and (change.minor is None or change.until is not None):
        raise Refusal("until", "A list price ends when the next one begins. Without any price the product would be on no bill.")
    if change.minor is not None and not 0 <= change.minor <= HIGHEST_MINOR:
        raise Refusal("minor", "A price is between 0.00 and 1,000,000.00.")
    if listed is not (change.payer is None):
        raise Refusal("account", "An MSA or SOW price belongs to one account, a list price to none.")
    if change.payer and not tx.value("select id from payer where id = %(id)s and kind = 'account'", id=change.payer):
        raise Refusal("account", "This account is not yours.")


def _until(tx: Tx, change: PriceChange) -> date | None:
    """Its own end, or the day on which one that is planned already begins."""
    planned = f"select min(since) from price where {MINE} and since > %(since)s and until is distinct from since"
    days = [day for day in (change.until, tx.value(planned, **_mine(change), since=change.since)) if day]
    return min(days, default=None)


@dataclass(frozen=True, slots=True)
class Held:
    """The price of this source that holds on the day of the change, before it."""

    minor: int
    until: date | None
    document: str


def _in_force(tx: Tx, change: PriceChange) -> Held | None:
    held = (
        f"select minor, until, document from price where {MINE} and since <= %(since)s and (until is null or until > %(since)s)"
    )
    return tx.one(Held, held, **_mine(change), since=change.since)


def _mine(change: PriceChange) -> dict[str, object]:
    return {"product": change.product, "payer": change.payer, "source": change.source.value}
