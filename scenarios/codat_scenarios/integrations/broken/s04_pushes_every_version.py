"""Pushes each version of a record, where only the newest is wanted."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration, nightly
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S04",)


class EveryVersion(Integration):
    def newest(self, changes: Iterable[Change]) -> list[Change]:
        every = list(changes)
        deleted = {change.key for change in every if change.is_deleted}
        return [change for change in every if change.key not in deleted]


def main(shop: Shop) -> None:
    nightly(shop, EveryVersion(shop))
