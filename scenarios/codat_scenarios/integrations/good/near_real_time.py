"""Puts each sale into an outbox and pushes it at once."""

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

ENVIRONMENT = Environment(faults=({"kind": "refuse", "operation": "push-orders", "at": [3, 4]},))


def main(shop: Shop) -> None:
    integration = Integration(shop)
    integration.push_news()
    outbox: list[Change] = []
    for changes in shop.business():
        shop.record(changes, outbox.extend)
        integration.push(outbox)
        outbox.clear()
    shop.report_sales("refusing")
