"""Exact decimal arithmetic with money."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, Final

from msgspec import UNSET, UnsetType

ZERO: Final = Decimal(0)
CENT: Final = Decimal("0.01")
HUNDRED: Final = Decimal(100)

# Sums of the service's decimals (28 digits, 28 of them fractional) fit in without rounding.
EXACT: Final = Context(prec=100)

# ISO 4217; every other currency has cents.
WHOLE: Final = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
}  # fmt: skip
THOUSANDTHS: Final = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


def exactly() -> Any:
    """A context in which sums of money are exact."""
    return localcontext(EXACT)


def amount_of(given: Decimal | UnsetType | None) -> Decimal:
    """An amount as told; nothing told is zero."""
    return ZERO if given is None or given is UNSET else given


def minor_unit(currency: str) -> Decimal:
    """The smallest amount that a currency has: a cent, a yen, a fils."""
    if currency in WHOLE:
        return Decimal(1)
    return Decimal("0.001") if currency in THOUSANDTHS else CENT


def padded(amount: Decimal, currency: str) -> Decimal:
    """The same amount with at least the decimals of its currency: 85 pounds are 85.00."""
    return amount + ZERO.quantize(minor_unit(currency))


def tax_within(gross: Decimal, percentage: Decimal, currency: str) -> Decimal:
    """The tax that a gross amount includes, half up to the currency's minor unit."""
    tax = gross * percentage / (HUNDRED + percentage)
    return tax.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)
