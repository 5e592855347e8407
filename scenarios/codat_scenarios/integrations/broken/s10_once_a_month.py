"""Pushes on the first day and on the eve of the monthly sync, and never in between."""

from datetime import timedelta

from codat_scenarios.integrations.pushing import Integration
from codat_scenarios.integrations.scene import FIRST_OF_APRIL, MONDAY, Scene
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import at

BREAKS = ("S10",)
SCENE = Scene(frequency="Monthly")


def main(shop: Shop) -> None:
    integration = Integration(shop)
    for day in (MONDAY, FIRST_OF_APRIL - timedelta(days=1)):
        shop.wait_until(at(day, "22:30"))
        integration.push_news()
