"""Pushes several times a day what is new or changed."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
