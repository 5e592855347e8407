"""Gives the date of creation as that of the last change, so that an update looks old."""

from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("U03", "B03")


class Undated(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        return {**record, "sourceModifiedDate": record["createdDate"]}


def main(shop: Shop) -> None:
    through_the_day(shop, Undated(shop))
