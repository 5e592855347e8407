"""Reads that a dataset has failed, and carries on as if it had not."""

# A story's requests come at fixed times; here the integration decides after it reads the failure.
from collections.abc import Sequence

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pos_sale import DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S14", "S01", "R02", "B02")
ENVIRONMENT = Environment(
    outcomes=({"target": "dataset", "dataType": "commerce-orders", "outcome": "MapError"},)
)


class IgnoresFailure(Integration):
    def deliver_chunk(self, data_type: DataType, records: Sequence[Record]) -> None:
        dataset_id = self.codat.push(self.company_id, data_type, records)
        print(data_type, "ended in", self.outcome(dataset_id))


def main(shop: Shop) -> None:
    through_the_day(shop, IgnoresFailure(shop))
