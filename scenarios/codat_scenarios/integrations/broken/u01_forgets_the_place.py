"""Leaves the place of the sale out of an update."""

from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.sales import Record
from codat_scenarios.integrations.shop import Shop
from codat_scenarios.integrations.till import Change

BREAKS = ("U01",)


class Partly(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        is_update = change.at > change.created
        return without(record, "locationRef") if is_update else record


def without(record: Record, name: str) -> Record:
    return {key: value for key, value in record.items() if key != name}


def main(shop: Shop) -> None:
    through_the_day(shop, Partly(shop))
