"""Pushes a sale once, and never the changes made to it."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("B03",)


class OnceOnly(Integration):
    def newest(self, changes: Iterable[Change]) -> list[Change]:
        found = super().newest(changes)
        return [change for change in found if change.is_deleted or change.key not in self.pushed]


def main(shop: Shop) -> None:
    through_the_day(shop, OnceOnly(shop))
