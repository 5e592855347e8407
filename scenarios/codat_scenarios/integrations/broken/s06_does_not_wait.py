"""Pushes chunk upon chunk, and only then looks how the datasets ended."""

from collections.abc import Sequence

from codat_scenarios.integrations.environment import Environment
from codat_scenarios.integrations.pos_sale import DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S06",)
SCENE = Environment(backlog=40)


class Hurried(Integration):
    chunk_size = 10

    def deliver(self, data_type: DataType, records: Sequence[Record]) -> None:
        starts = range(0, len(records), self.chunk_size)
        chunks = (records[start : start + self.chunk_size] for start in starts)
        pushed = [self.codat.push(self.company_id, data_type, chunk) for chunk in chunks]
        for dataset_id in pushed:
            self.outcome(dataset_id)


def main(shop: Shop) -> None:
    through_the_day(shop, Hurried(shop))
