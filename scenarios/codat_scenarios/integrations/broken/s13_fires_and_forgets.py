"""Never asks what became of its datasets."""

from collections.abc import Sequence

from codat_scenarios.integrations.pos_sale import DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("S13",)


class Trusting(Integration):
    def see_through(self, data_type: DataType, records: Sequence[Record]) -> None:
        self.codat.push(self.company_id, data_type, records)


def main(shop: Shop) -> None:
    through_the_day(shop, Trusting(shop))
