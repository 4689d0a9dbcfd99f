"""Invented facts for the gallery: every component in every state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from autopay.charging.charge import Why
from autopay.money import Money
from autopay.processors.protocol import Reason
from autopay.surfaces.shared.payment import Box, Payment, Shown, badge, box

VISA, BANK = "Visa ending in 0341", "Bank account ending in 6789"
MAY_21 = date(2026, 5, 21)
ASKED = datetime(2026, 5, 21, 16, 12, tzinfo=UTC)

PAYMENTS = (
    Payment(Shown.OPEN, Money(9600)),
    Payment(Shown.BEING_PAID, Money(8500)),
    Payment(Shown.PAID, Money(8500), "Visa ending in 4242", on=date(2026, 5, 14)),
    Payment(Shown.PAID, Money(25685), BANK, bank=True, on=MAY_21, until=date(2026, 7, 20)),
    Payment(
        Shown.FAILED, Money(9600), VISA, reason=Reason.DECLINED, todo="Ask the office to change the card, then press Pay Now."
    ),
    Payment(Shown.FAILED, Money(9600), VISA, reason=Reason.EXPIRED),
    Payment(Shown.FAILED, Money(9600), VISA, reason=Reason.INSUFFICIENT_FUNDS),
    Payment(Shown.NOT_KNOWN, Money(8500), VISA, asked_at=ASKED, zone="America/Los_Angeles"),
    Payment(Shown.CONFIRM, Money(8500), VISA),
    Payment(Shown.ON_ITS_WAY, Money(25685), BANK, bank=True, on=MAY_21, until=date(2026, 5, 27)),
    Payment(Shown.SENT_BACK, Money(25685), BANK, bank=True, reason=Reason.ACCOUNT_CLOSED),
    Payment(Shown.WAITING, Money(31240), until=date(2026, 6, 11)),
    Payment(Shown.WAITING, Money(31240)),
    Payment(Shown.NEEDS_OK, Money(61800), limit=Money(40000)),
    Payment(Shown.REFUNDED, Money(2000), "Visa ending in 4242", on=date(2026, 5, 4)),
    Payment(Shown.VOID, Money(9600)),
    Payment(Shown.OPEN, Money(15685), paid=Money(10000)),
    Payment(Shown.NOT_MADE, Money(10000), VISA, reason=Why.METHOD_GONE),
)


@dataclass(frozen=True, slots=True)
class Product:
    slug: str
    name: str
    url: str


PRODUCTS = (
    Product("service-center", "Service Center", "#"),
    Product("classic", "Classic Service Center", "#"),
    Product("practice-mate", "Practice Mate", "#"),
    Product("ehr", "EHR 24/7", "#"),
)


def everything() -> dict[str, object]:
    boxes: list[Box] = [box(each) for each in PAYMENTS]
    return {
        "boxes": boxes,
        "badges": [badge(each) for each in Shown],
        "products": PRODUCTS,
        "product": PRODUCTS[0],
        "amount": Money(25685),
        "credit": Money(-9000),
        "large": Money(123450000),
        "on": MAY_21,
        "at": ASKED,
        "zone": "America/Los_Angeles",
    }
