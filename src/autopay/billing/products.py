"""What a biller sells: add a product, rename it (A61). Its code stays, because a product's screens are found by it; bills keep their text."""

from __future__ import annotations

import re

from autopay.database import Database
from autopay.journal.write import By, note
from autopay.refusal import Refusal

CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def add_product(db: Database, biller: int, name: str, code: str, by: By) -> str:
    """Returns its public id. Without a price it is on no bill. Raises Refusal for a code or a name that is taken."""
    name = _named(name)
    if not CODE.fullmatch(code) or len(code) > 40:
        raise Refusal("code", "A code has small letters, digits and single hyphens, like practice-mate.")
    with db.transaction(biller) as tx:
        if tx.value("select id from product where code = %(code)s", code=code):
            raise Refusal("code", "Another product has this code already.")
        made = tx.record(
            """insert into product (biller_id, code, name) select %(biller)s, %(code)s::text, %(name)s::text
               where not exists (select from product where lower(name) = lower(%(name)s::text))
               on conflict (biller_id, code) do nothing returning id, uid::text as uid""",
            biller=biller,
            code=code,
            name=name,
        )
        if made is None:
            raise Refusal("name", "Another product has this name already.")
        note(tx, biller, by, "product added", ("product", made["id"]), code=code)
    return str(made["uid"])


def rename_product(db: Database, biller: int, product: int, name: str, by: By) -> None:
    """From the next bill on; bills that were issued say what they said. Raises Refusal for a name that is taken."""
    name = _named(name)
    with db.transaction(biller) as tx:
        was = tx.value("select name from product where id = %(id)s for no key update", id=product)
        if was == name:
            return
        if tx.value("select id from product where lower(name) = lower(%(name)s) and id <> %(id)s", name=name, id=product):
            raise Refusal("name", "Another product has this name already.")
        tx.run("update product set name = %(name)s where id = %(id)s", name=name, id=product)
        note(tx, biller, by, "product renamed", ("product", product), was=was, now=name)


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise Refusal("name", "Please give the product a name of up to 120 letters.")
    return name
