"""Sees that a dataset has failed, and leaves it at that."""

from collections.abc import Sequence

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pos_sale import DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S14", "S01", "R02", "B02")
SCENE = Environment(
    outcomes=({"target": "dataset", "dataType": "commerce-orders", "outcome": "MapError"},)
)


class Shrugging(Integration):
    def see_through(self, data_type: DataType, records: Sequence[Record]) -> None:
        dataset_id = self.codat.push(self.company_id, data_type, records)
        print(data_type, "ended in", self.outcome(dataset_id))


def main(shop: Shop) -> None:
    through_the_day(shop, Shrugging(shop))
