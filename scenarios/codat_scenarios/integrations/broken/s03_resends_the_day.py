"""Pushes all sales of the day each time, whether they have changed or not."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S03",)


class WholeDay(Integration):
    def push_news(self) -> None:
        midnight = self.shop.now.replace(hour=0, minute=0)
        if self.read_until is not None:
            self.read_until = midnight
        super().push_news()


def main(shop: Shop) -> None:
    through_the_day(shop, WholeDay(shop))
