"""Pushes the sales from before the start date, too."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S12",)


class AllOfIt(Integration):
    def since_start_date(self, changes: Iterable[Change]) -> list[Change]:
        return list(changes)


def main(shop: Shop) -> None:
    through_the_day(shop, AllOfIt(shop))
