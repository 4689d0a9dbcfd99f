"""Open an account for a practice: its row, its agreement (off), the products it uses, from today on (A64)."""

from __future__ import annotations

from dataclasses import dataclass

from autopay.clock import local_date
from autopay.database import Database
from autopay.journal.write import By, note
from autopay.parties.create import NewPayer, create_payers
from autopay.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NewAccount:
    """`external_id` is its number at the biller, once; `bill_day` its anchor day, 1 to 31; `products` how many of each, by product id."""

    name: str
    external_id: str
    email: str
    bill_day: int
    products: dict[int, int]


def open_account(db: Database, biller: int, new: NewAccount, by: By) -> str:
    """Returns its public id. A number that is taken makes no second account: Refusal `external_id`."""
    payer = NewPayer("account", new.name, new.external_id, email=new.email, bill_day=new.bill_day)
    with db.transaction(biller) as tx:
        made = create_payers(tx, biller, [payer], by).get((payer.source, payer.external_id))
        if made is None:
            raise Refusal("external_id", "There is an account with this number already.")
        zone = tx.value("select zone from biller where id = %(biller)s", biller=biller)
        used = tx.run(
            """insert into selection (biller_id, payer_id, product_id, quantity, since)
               select %(biller)s, %(payer)s, p.id, new.quantity, %(today)s
               from unnest(%(products)s::bigint[], %(quantities)s::int[]) as new (product, quantity) join product p on p.id = new.product""",
            biller=biller,
            payer=made,
            products=list(new.products),
            quantities=list(new.products.values()),
            today=local_date(by.at, zone),
        )
        if used != len(new.products):
            raise Refusal("products", "One of these products is not yours.")
        note(tx, biller, by, "account opened", ("payer", made), products=used)
        return str(tx.value("select uid::text from payer where id = %(id)s", id=made))
