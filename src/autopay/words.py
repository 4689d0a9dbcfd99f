"""How the product writes an amount, a date, a payment method: the same on every screen, in every mail, in every language."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_compact_currency, format_currency, format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from autopay.money import MINOR_DIGITS, Money

BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "discover": "Discover", "diners": "Diners Club"}


def locale() -> str:
    """Amounts and dates follow the United States whatever the language: Spanish here writes $1,234.50 too."""
    return "es_US" if (get_language() or "en").startswith("es") else "en_US"


def money(amount: Money) -> str:
    """`$1,234.50`; a credit is `-$90.00`."""
    return _money(amount, locale())


def short_money(amount: Money) -> str:
    """`$12K`, `$274K`, `$1.2M`, and below a thousand `$85`: where there is room for a few letters and the full amount stands beside it."""
    return format_compact_currency(
        amount.decimal, amount.currency, locale=locale(), fraction_digits=1 if amount.decimal >= 10**6 else 0
    )


def bare_money(amount: Money) -> str:
    """`1,234.50`, the form of the classic screens (A40)."""
    digits = MINOR_DIGITS[amount.currency]
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(amount.decimal, format=pattern, locale=locale())


def day(on: date) -> str:
    """`May 21, 2026`, `21 de mayo de 2026`; never 05/21."""
    return _day(on, "long", locale())


def short_day(on: date) -> str:
    """`May 21`, where the year is plain."""
    return _day(on, "d 'de' MMMM" if locale() == "es_US" else "MMMM d", locale())


# A list writes the same amounts and dates again and again; how one is written never changes.
@lru_cache(maxsize=4096)
def _money(amount: Money, place: str) -> str:
    return format_currency(amount.decimal, amount.currency, locale=place)


@lru_cache(maxsize=4096)
def _day(on: date, form: str, place: str) -> str:
    return format_date(on, form, locale=place)


def clock_time(at: datetime, zone: str) -> str:
    """`9:12 AM`, `9:12 a. m.`, in the biller's zone. In Spanish it ends with a point, which is the sentence's too."""
    return _clock(at, "h:mm a", zone)


def moment(at: datetime, zone: str) -> str:
    """`May 21, 2026, 9:12 AM`, `21 de mayo de 2026 a las 9:12 a. m.`, in the biller's zone."""
    local = at.astimezone(ZoneInfo(zone))
    if locale() == "es_US":
        return f"{day(local.date())} {'a la' if local.hour in (1, 13) else 'a las'} {clock_time(at, zone)}"
    return f"{day(local.date())}, {clock_time(at, zone)}"


def as_of(at: datetime, zone: str) -> str:
    """`May 21, 2026, 09:04 AM`: two digits for the hour, as the guide prints a figure's age (A40)."""
    return f"{day(at.astimezone(ZoneInfo(zone)).date())}, {_clock(at, 'hh:mm a', zone)}"


def _clock(at: datetime, pattern: str, zone: str) -> str:
    told = format_datetime(at, pattern, tzinfo=ZoneInfo(zone), locale=locale())
    return re.sub(r"\s?([ap])\.\s?m\.", "\N{NO-BREAK SPACE}\\1.\N{NO-BREAK SPACE}m.", told) if locale() == "es_US" else told


def method(brand: str, last4: str, *, bank: bool = False) -> str:
    """`Visa ending in 4242`, `Bank account ending in 6789`; never more of the number than its last four."""
    if bank:
        return _("Bank account ending in %(last4)s") % {"last4": last4}
    return _("%(brand)s ending in %(last4)s") % {"brand": brand_name(brand), "last4": last4}


def brand_name(brand: str) -> str:
    return BRANDS.get(brand.lower()) or (brand.title() if brand else _("Card"))


def price_source(source: str) -> str:
    """Where a price comes from, in the guide's words; empty for a line that has no price of its own."""
    return {"data_sheet": _("Data Sheet"), "msa": _("MSA"), "sow": _("SOW")}.get(source, "")


def elsewhere(how: str) -> str:
    """With what a payment recorded elsewhere was made, in one word: `Check`."""
    known = {"check": _("Check"), "cash": _("Cash"), "wire": _("Wire"), "phone": _("Phone"), "other": _("Other")}
    return known.get(how.lower()) or how.capitalize()


def paid_how(how: str) -> str:
    """How a payment recorded elsewhere was made: `paid by check`."""
    known = {"check": _("paid by check"), "cash": _("paid in cash"), "wire": _("paid by wire"), "phone": _("paid by phone")}
    return known.get(how.lower()) or _("paid another way (%(how)s)") % {"how": how}
