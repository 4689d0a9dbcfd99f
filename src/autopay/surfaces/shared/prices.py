"""The price list an account is charged by: every Data Sheet, and the MSA and SOW prices that are its own, with their documents (A43, A50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from autopay import words
from autopay.billing.bill import PRICE
from autopay.database import Tx
from autopay.money import Money

PRICES = f"""
    select p.name as product, c.source, c.minor, b.currency, c.since, c.until, c.document, c.id is not distinct from now.id as applies
    from price c join product p on p.id = c.product_id join biller b on b.id = c.biller_id
    left join lateral ({PRICE.format(product="p.id", payer="%(payer)s", on="%(today)s::date")}) now on true
    where (c.payer_id is null or c.payer_id = %(payer)s) and (c.until is null or c.until > greatest(%(today)s, c.since))
      and not exists (select from price later where later.product_id = c.product_id and later.source = c.source
                      and later.payer_id is not distinct from c.payer_id and later.since > c.since and later.since <= %(today)s)
    order by p.id, array_position(array['data_sheet', 'msa', 'sow'], c.source::text), c.since
"""
"""In force today or announced; one that a later price of the same source replaced is history."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Per unit and month, from the local date `since` on. `applies`: it is the one this account pays today, if it uses the product."""

    product: str
    source: str
    minor: int
    currency: str
    since: date
    until: date | None
    document: str
    applies: bool

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)

    @property
    def kind(self) -> str:
        return words.price_source(self.source)

    @property
    def link(self) -> str:
        return self.document if self.document.startswith("https://") else ""


def prices(tx: Tx, payer: int, today: date) -> list[Listed]:
    return tx.all(Listed, PRICES, payer=payer, today=today)
