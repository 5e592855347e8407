"""Repeats a push, after a pause and unchanged, if it got no answer."""

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

ENVIRONMENT = Environment(
    faults=(
        {"kind": "lose", "operation": "push-orders", "at": [1]},
        {"kind": "lose", "operation": "push-payments", "at": [2], "by": "reset"},
        {"kind": "lose", "operation": "push-transactions", "at": [3], "by": "bad-gateway"},
    )
)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop))
