"""Pushes no transactions of what is paid in cash."""

from collections.abc import Iterable

from codat_scenarios.integrations.pos_sale import TRANSACTIONS
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("R03", "S01", "S02", "B02")


class CardsOnly(Integration):
    def push(self, changes: Iterable[Change]) -> None:
        news = list(changes)
        cards = {change.record["id"] for change in news if change.record.get("type") == "Card"}
        super().push(
            change
            for change in news
            if change.data_type != TRANSACTIONS or change.record["id"] in cards
        )


def main(shop: Shop) -> None:
    through_the_day(shop, CardsOnly(shop))
