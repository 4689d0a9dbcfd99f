"""Money: integer minor units and a currency. Never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

MINOR_DIGITS = {"USD": 2, "CAD": 2, "JPY": 0}


class MoneyError(ValueError):
    """An amount that cannot be what it claims to be."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` is in the currency's minor unit (cents for USD); `currency` is ISO 4217, upper case."""

    minor: int
    currency: str = "USD"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"minor units must be a whole number, not {self.minor!r}")
        if self.currency not in MINOR_DIGITS:
            raise MoneyError(f"currency {self.currency!r} is not one of {', '.join(MINOR_DIGITS)}")

    @classmethod
    def parse(cls, text: str, currency: str = "USD") -> Money:
        """From a decimal text such as '96', '96.00' or '$1,096.00'; more digits than the currency has are refused."""
        try:
            value = Decimal(text.strip().removeprefix("$").replace(",", ""))
            minor = value.scaleb(MINOR_DIGITS[currency])
        except (InvalidOperation, KeyError):
            raise MoneyError(f"{text!r} is not an amount of {currency}, like 96.00") from None
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise MoneyError(f"{text!r} has more digits than {currency} can pay")
        return cls(int(minor), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __str__(self) -> str:
        return f"{self.decimal} {self.currency}"

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-MINOR_DIGITS[self.currency])

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} do not add up")
        return other
