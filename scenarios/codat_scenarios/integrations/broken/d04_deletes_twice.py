"""Deletes again, each time, what it has deleted before."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("D04",)


class Forgetful(Integration):
    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.deleted: list[Change] = []

    def push(self, changes: Iterable[Change]) -> None:
        news = list(changes)
        deleted = [change for change in news if change.is_deleted and change.key in self.pushed]
        self.pushed.update(change.key for change in self.deleted)
        super().push([*news, *self.deleted])
        self.deleted += deleted


def main(shop: Shop) -> None:
    through_the_day(shop, Forgetful(shop))
