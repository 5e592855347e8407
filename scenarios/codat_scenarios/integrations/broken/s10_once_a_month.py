"""Pushes on the first day and on the eve of the monthly sync, and never in between."""

from datetime import timedelta

from codat_scenarios.integrations.environment import FIRST_OF_APRIL, MONDAY, Environment
from codat_scenarios.integrations.pushing import Integration
from codat_scenarios.integrations.scripted_pos import at
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S10",)
SCENE = Environment(frequency="Monthly")


def main(shop: Shop) -> None:
    integration = Integration(shop)
    for day in (MONDAY, FIRST_OF_APRIL - timedelta(days=1)):
        shop.wait_until(at(day, "22:30"))
        integration.push_news()
