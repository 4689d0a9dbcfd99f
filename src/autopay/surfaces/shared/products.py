"""The products an account uses, as the drop-down in the upper left corner lists them (A3, A6): only those the account has.

A dropped product stays until the bill day that ends it. The billing pages always stay reachable: an account that has no product
today keeps the door of those that begin soon, else of those it had last, else the Service Center.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from autopay.database import Tx
from autopay.running import clock

NEW = "service-center"
"""The new Service Center; every other product looks classic."""

USED = """
    select p.code, p.name, s.since, s.until, (%(now)s at time zone b.zone)::date as today
    from selection s join product p on p.id = s.product_id join biller b on b.id = s.biller_id
    where s.payer_id = %(payer)s and p.code = any(%(doors)s::text[]) order by p.id, s.since
"""
CLASSIC = ("practice-mate", "ehr")


@dataclass(frozen=True, slots=True)
class Product:
    slug: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class _Used:
    code: str
    name: str
    since: date
    until: date | None
    today: date

    @property
    def now(self) -> bool:
        return self.since <= self.today and (self.until is None or self.until > self.today)

    @property
    def soon(self) -> bool:
        return self.since > self.today


def products(tx: Tx, payer: int) -> list[Product]:
    """One account, several front doors: the Service Center has two, the new one and the classic one."""
    used = tx.all(_Used, USED, payer=payer, doors=[NEW, *CLASSIC], now=clock().now())
    doors = {each.code: each.name for each in _open(used)} or {NEW: "Service Center"}
    return [door for code, name in doors.items() for door in _doors(code, name)]


def _open(used: list[_Used]) -> list[_Used]:
    now, soon = [each for each in used if each.now], [each for each in used if each.soon]
    last = max((each.until for each in used if each.until), default=None)
    return now or soon or [each for each in used if each.until == last]


def _doors(code: str, name: str) -> list[Product]:
    if code != NEW:
        return [_classic(code, name)]
    return [Product(code, name, reverse("service_center:pay_bill")), _classic("classic", f"Classic {name}")]


def address(slug: str, name: str, *args: object) -> str:
    """Of a page that the new Service Center and the classic products both have."""
    if name == "receipt":
        return reverse("receipts:service_center", args=args) if slug == NEW else reverse("receipts:classic", args=[slug, *args])
    return reverse(f"service_center:{name}", args=args) if slug == NEW else reverse(f"classic:{name}", args=[slug, *args])


def _classic(slug: str, name: str) -> Product:
    return Product(slug, name, reverse("classic:pay_bill", args=[slug]))
