"""The products an account uses, as the drop-down in the upper left corner lists them (A3, A6): only those the account has."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from autopay.database import Tx

NEW = "service-center"
"""The new Service Center; every other product looks classic."""

USED = """
    select p.code, p.name from selection s join product p on p.id = s.product_id
    where s.payer_id = %(payer)s and s.until is null order by p.id
"""


@dataclass(frozen=True, slots=True)
class Product:
    slug: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class _Used:
    code: str
    name: str


def products(tx: Tx, payer: int) -> list[Product]:
    """One account, several front doors: the Service Center has two, the new one and the classic one."""
    found: list[Product] = []
    for used in tx.all(_Used, USED, payer=payer):
        if used.code == NEW:
            found.append(Product(used.code, used.name, reverse("service_center:pay_bill")))
            found.append(_classic("classic", f"Classic {used.name}"))
        elif used.code in ("practice-mate", "ehr"):
            found.append(_classic(used.code, used.name))
    return found or [Product(NEW, "Service Center", reverse("service_center:pay_bill"))]


def address(slug: str, name: str, *args: object) -> str:
    """Of a page that the new Service Center and the classic products both have."""
    return reverse(f"service_center:{name}", args=args) if slug == NEW else reverse(f"classic:{name}", args=[slug, *args])


def _classic(slug: str, name: str) -> Product:
    return Product(slug, name, reverse("classic:pay_bill", args=[slug]))
