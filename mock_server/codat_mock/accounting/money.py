"""Exact decimal arithmetic with money."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any, Final

from msgspec import UNSET, UnsetType

from codat_mock.models.currencies import is_currency as is_currency
from codat_mock.models.currencies import minor_unit as minor_unit
from codat_mock.models.currencies import minor_units as minor_units
from codat_mock.models.currencies import smallest_coin as smallest_coin

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)

# Sums of the service's decimals (28 digits, 28 of them fractional) fit in without rounding. What is
# rounded on purpose is rounded half up, away from zero.
EXACT: Final = Context(prec=100, rounding=ROUND_HALF_UP)


def exactly() -> Any:
    """A context in which sums of money are exact."""
    return localcontext(EXACT)


def amount_of(given: Decimal | UnsetType | None) -> Decimal:
    """An amount of a record; absent is zero."""
    return ZERO if given is None or given is UNSET else given


def rounded(amount: Decimal, currency: str) -> Decimal:
    """An amount rounded half up, away from zero, to the currency's smallest unit."""
    return amount.quantize(minor_unit(currency), None, EXACT)


def padded(amount: Decimal, currency: str) -> Decimal:
    """The same amount with at least the decimals of its currency: 85 pounds are 85.00."""
    return amount + ZERO.quantize(minor_unit(currency))


def tax_within(gross: Decimal, percentage: Decimal, currency: str) -> Decimal:
    """The tax that a gross amount includes, half up to the currency's smallest unit.

    Args:
        gross: with tax, in units of the currency, such as 120.00.
        percentage: of the amount without tax, such as 20.
        currency: ISO 4217 code.
    """
    return rounded(gross * percentage / (HUNDRED + percentage), currency)
