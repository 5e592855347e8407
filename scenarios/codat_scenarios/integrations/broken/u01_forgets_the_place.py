"""Leaves the place of the sale out of an update."""

from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

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
