"""Gives the date of the last change as that of creation, so that an update moves it."""

from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("U04",)


class Reborn(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        return {**record, "createdDate": record["sourceModifiedDate"]}


def main(shop: Shop) -> None:
    through_the_day(shop, Reborn(shop))
