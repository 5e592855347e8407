"""Pushes the records of a failed dataset again."""

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

ENVIRONMENT = Environment(
    outcomes=(
        {"target": "dataset", "dataType": "commerce-orders", "outcome": "MapError"},
        {"target": "dataset", "dataType": "commerce-payments", "outcome": "InternalError"},
    )
)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
