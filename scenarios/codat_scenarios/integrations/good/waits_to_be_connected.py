"""Pushes only while the merchant's connections are linked."""

from codat_scenarios.integrations.environment import MONDAY, TUESDAY, Environment, ScheduledEvent
from codat_scenarios.integrations.pushing import TIMES, Integration
from codat_scenarios.integrations.scripted_pos import at
from codat_scenarios.integrations.shop import Shop

ENVIRONMENT = Environment(
    is_linked=False,
    events=(
        ScheduledEvent(at(MONDAY, "12:00"), "/_mock/companies/{company}/authorize"),
        ScheduledEvent(at(TUESDAY, "12:00"), "/_mock/companies/{company}/delete-connection"),
    ),
)


def main(shop: Shop) -> None:
    integration = Integration(shop)
    for _ in shop.times(*TIMES):
        if integration.codat.is_linked(shop.company_id):
            integration.push_news()
