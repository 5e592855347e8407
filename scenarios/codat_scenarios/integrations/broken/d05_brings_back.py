"""Pushes a record once more that it has just deleted."""

from collections.abc import Iterable
from dataclasses import replace

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("D05",)


class OutOfOrder(Integration):
    def push(self, changes: Iterable[Change]) -> None:
        news = list(changes)
        super().push(news)
        deleted = [change for change in news if change.is_deleted]
        super().push(replace(change, is_deleted=False) for change in deleted)


def main(shop: Shop) -> None:
    through_the_day(shop, OutOfOrder(shop))
