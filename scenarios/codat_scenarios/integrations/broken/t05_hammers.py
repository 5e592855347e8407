"""Tries again every five seconds, however often it fails."""

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.service import Codat
from codat_scenarios.integrations.shop import Shop

BREAKS = ("T05",)
SCENE = Environment(faults=({"kind": "refuse", "operation": "push-orders", "at": [1, 2, 3]},))


class Hammering(Codat):
    pauses = (5, 5, 5, 5)


def main(shop: Shop) -> None:
    through_the_day(shop, Integration(shop, service=Hammering))
