"""The kinds of merchant."""

from __future__ import annotations

from difflib import get_close_matches

from codat_scenarios.merchants import bike_shop, cafe, hotel_bar, market_stall, web_shop
from codat_scenarios.merchants.days import Merchant

PROFILES = {
    module.PROFILE.kind: module.PROFILE
    for module in (bike_shop, cafe, hotel_bar, market_stall, web_shop)
}
KINDS = tuple(PROFILES)


def merchant(kind: str, *, seed: int) -> Merchant:
    """Make a merchant.

    Args:
        kind: one of `KINDS`: bike-shop, cafe, hotel-bar, market-stall, web-shop.
        seed: which one of that kind.

    Raises:
        LookupError: there is no such kind; the text names the nearest ones, or all.
    """
    if kind not in PROFILES:
        near = get_close_matches(kind, KINDS) or KINDS
        raise LookupError(f"no kind of merchant is called '{kind}'; there is {', '.join(near)}")
    return Merchant(PROFILES[kind], seed)
