"""Tax percentages as the keys of the configuration's `taxRates`."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

HIGHEST = Decimal(1000)


def rate_key(percentage: Decimal) -> str:
    """Write a percentage as `taxRates` is keyed: `20`, `17.5`; no exponent, no trailing zeros."""
    return format((percentage or Decimal(0)).normalize(), "f")


def read_rate_key(text: str) -> Decimal | None:
    """The percentage that a key of `taxRates` stands for; None where it stands for none."""
    try:
        percentage = Decimal(text.strip())
    except InvalidOperation:
        return None
    is_sensible = percentage.is_finite() and 0 <= percentage < HIGHEST and len(text) <= 32
    return percentage if is_sensible and percentage.adjusted() > -28 else None
