"""Pushes the day's sales at eight in the evening, and never those made later."""

from collections.abc import Iterable

from codat_scenarios.integrations.pushing import Integration
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S02", "B02")


class OfToday(Integration):
    def still_open(self, changes: Iterable[Change]) -> list[Change]:
        is_first = not self.pushed
        return [
            change
            for change in super().still_open(changes)
            if is_first or change.at.date() == self.shop.now.date()
        ]


def main(shop: Shop) -> None:
    integration = OfToday(shop)
    for _ in shop.times("20:00"):
        integration.push_news()
