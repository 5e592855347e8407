"""The currencies of ISO 4217: their codes, smallest units and smallest coins."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

CENT: Final = Decimal("0.01")

# The library lists the currencies of today; these were withdrawn after 2021, so that records of
# the beta's time may be in them. All had two decimals.
WITHDRAWN: Final = ("ANG", "BGN", "CUC", "HRK", "SLL", "ZWL")

# The smallest coin, where it is larger than the currency's smallest unit: cash is rounded to it.
SMALLEST_COINS: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        "AUD": Decimal("0.05"), "CAD": Decimal("0.05"), "CHF": Decimal("0.05"),
        "CZK": Decimal(1), "DKK": Decimal("0.5"), "EUR": Decimal("0.05"), "HUF": Decimal(5),
        "ILS": Decimal("0.1"), "NOK": Decimal(1), "NZD": Decimal("0.1"),
        "SEK": Decimal(1), "SGD": Decimal("0.05"), "ZAR": Decimal("0.1"),
    }
)  # fmt: skip


@cache
def minor_units() -> Mapping[str, Decimal]:
    """The smallest unit of each currency of ISO 4217, by its code.

    Metals, funds without units and test codes are not money that a customer can pay with.
    """
    from iso4217 import Currency

    units = {
        currency.code: Decimal(1).scaleb(-currency.exponent)
        for currency in Currency
        if currency.exponent is not None
    }
    return MappingProxyType(units | dict.fromkeys(WITHDRAWN, CENT))


def is_currency(code: str) -> bool:
    """Whether a text is the code of a currency (ISO 4217), in capitals and without blanks."""
    return code in minor_units()


@lru_cache(maxsize=256)
def minor_unit(currency: str) -> Decimal:
    """The smallest unit of a currency: a cent, a yen, a fils; a cent where the code is unknown."""
    return minor_units().get(currency, CENT)


def smallest_coin(currency: str) -> Decimal:
    """The smallest coin of a currency, to which cash is rounded."""
    return SMALLEST_COINS.get(currency) or minor_unit(currency)
