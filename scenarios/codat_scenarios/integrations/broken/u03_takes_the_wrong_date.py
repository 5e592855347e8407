"""Gives the date of creation as that of the last change, so that an update looks old."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.sales import Record
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import Change

BREAKS = ("U03", "B03")


class Undated(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        return {**record, "sourceModifiedDate": record["createdDate"]}


def main(shop: Shop) -> None:
    through_the_day(shop, Undated(shop))
