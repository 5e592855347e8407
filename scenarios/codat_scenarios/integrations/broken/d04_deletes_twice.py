"""Deletes again, each time, what has been deleted on that day."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import Change, Key

BREAKS = ("D04",)


class Forgetful(Integration):
    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.deleted: dict[Key, Change] = {}

    def newest(self, changes: Iterable[Change]) -> list[Change]:
        found = super().newest(changes)
        again = [*self.still_open(self.deleted.values())]
        for change in found:
            if change.is_deleted and change.key in self.pushed:
                self.deleted[change.key] = change
        return found + again


def main(shop: Shop) -> None:
    through_the_day(shop, Forgetful(shop))
