"""Waits as long as Retry-After says, and longer after each failure."""

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

ENVIRONMENT = Environment(
    faults=(
        {"kind": "refuse", "operation": "push-orders", "at": [1, 2, 3]},
        {
            "kind": "refuse",
            "operation": "push-payments",
            "at": [2],
            "status": 503,
            "retryAfter": 120,
        },
    )
)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
