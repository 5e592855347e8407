"""Pushes all sales every night, each as if it had just been changed."""

from collections.abc import Iterable

from codat_mock.clock import format_moment
from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, nightly
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("B01", "U02")


class Touching(Integration):
    def push_news(self) -> None:
        self.read_until = None
        super().push_news()

    def still_open(self, changes: Iterable[Change]) -> list[Change]:
        every = list(changes)
        deleted = {change.key for change in every if change.is_deleted}
        return [change for change in every if change.key not in deleted]

    def written(self, change: Change) -> Record:
        moment = format_moment(self.shop.now)
        return {**super().written(change), "sourceModifiedDate": moment}


def main(shop: Shop) -> None:
    nightly(shop, Touching(shop))
