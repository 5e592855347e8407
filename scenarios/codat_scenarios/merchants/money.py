"""Exact money: integers of the smallest unit inside, Decimals on the way out."""

from __future__ import annotations

from decimal import Decimal

from codat_mock.accounting.money import minor_unit

REMEMBERED = 100_000  # amounts; a long run must not fill the memory


class Amounts(dict[int, Decimal]):
    """The Decimal of a number of smallest units, with the currency's digits; each is cached.

    Args:
        digits: how many digits the currency has after the point, e.g. 2 for GBP and 0 for JPY.
    """

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.exponent = f"E-{digits}"

    @classmethod
    def of(cls, currency: str) -> Amounts:
        """The amounts of a currency, by its ISO 4217 code."""
        return cls(digits_of(currency))

    def __missing__(self, units: int) -> Decimal:
        if len(self) >= REMEMBERED:
            self.clear()
        # From text: Decimal arithmetic would round to the caller's context.
        amount = self[units] = Decimal(f"{units}{self.exponent}")
        return amount


def digits_of(currency: str) -> int:
    """How many digits a currency (ISO 4217 code) has after the point: 2 for GBP, 0 for JPY."""
    exponent = minor_unit(currency).as_tuple().exponent
    return -int(exponent)


def proportion(units: int, part: int, whole: int) -> int:
    """Take `part / whole` of an amount, rounded half away from zero as tills do.

    Args:
        units: the amount in smallest units, of either sign.
        part: the numerator, not negative.
        whole: the denominator, above 0.

    Returns:
        Smallest units.
    """
    if units < 0:
        return -proportion(-units, part, whole)
    return (2 * units * part + whole) // (2 * whole)


def tax_within(units: int, rate: int) -> int:
    """The tax that an amount including tax contains.

    Args:
        units: the amount including tax, in smallest units.
        rate: thousandths of a percent, so 20 % is 20,000 and New York's 8.875 % is 8,875.

    Returns:
        Smallest units.
    """
    return proportion(units, rate, 100_000 + rate)
