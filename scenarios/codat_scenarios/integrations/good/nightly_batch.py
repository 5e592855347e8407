"""Pushes once a night, after the shop has closed."""

from codat_scenarios.integrations.pushing import Integration, nightly
from codat_scenarios.integrations.shop import Shop


def main(shop: Shop) -> None:
    nightly(shop, Integration(shop))
