"""Pushes the evening's sales ten minutes before they are synced."""

from codat_scenarios.integrations.pushing import Integration
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S09",)


def main(shop: Shop) -> None:
    integration = Integration(shop)
    for _ in shop.times("09:30", "13:30", "18:30", "26:50"):
        integration.push_news()
