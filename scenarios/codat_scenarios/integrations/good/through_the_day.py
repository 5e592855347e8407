"""Pushes new and changed records several times a day."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
