"""Deletes even what it has never pushed."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("D02",)


class Thorough(Integration):
    def newest(self, changes: Iterable[Change]) -> list[Change]:
        found = super().newest(changes)
        self.pushed.update(change.key for change in found if change.is_deleted)
        return found


def main(shop: Shop) -> None:
    through_the_day(shop, Thorough(shop))
