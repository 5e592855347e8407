"""Pushes all sales every night, each as if it had just been changed."""

from codat_mock.clock import format_moment
from codat_scenarios.integrations.pushing import Integration, nightly
from codat_scenarios.integrations.sales import Record
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import Change

BREAKS = ("B01", "U02")


class Touching(Integration):
    def push_news(self) -> None:
        self.read_until = None
        super().push_news()

    def is_synced(self, change: Change) -> bool:
        return super().is_synced(change) and change.is_deleted

    def written(self, change: Change) -> Record:
        moment = format_moment(self.shop.now)
        return {**super().written(change), "sourceModifiedDate": moment}


def main(shop: Shop) -> None:
    nightly(shop, Touching(shop))
