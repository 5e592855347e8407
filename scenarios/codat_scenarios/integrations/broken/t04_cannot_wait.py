"""Tries again after its own pause, however long it is told to wait."""

import httpx

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("T04",)
SCENE = Environment(
    faults=(
        {
            "kind": "refuse",
            "operation": "push-orders",
            "at": [1],
            "status": 503,
            "retryAfter": 120,
        },
    )
)


class Impatient(Codat):
    def pause(self, tried: int, _answer: httpx.Response | None) -> float:
        return super().pause(tried, None)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop, service=Impatient))
