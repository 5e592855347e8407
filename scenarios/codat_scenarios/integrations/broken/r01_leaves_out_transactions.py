"""Pushes no transactions, as they seem to tell the same as the payments."""

from collections.abc import Sequence

from codat_scenarios.integrations.pos_sale import TRANSACTIONS, DataType, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.shop import Shop

BREAKS = ("R01",)


class WithoutTransactions(Integration):
    def deliver(self, data_type: DataType, records: Sequence[Record]) -> None:
        if data_type != TRANSACTIONS:
            super().deliver(data_type, records)


def main(shop: Shop) -> None:
    through_the_day(shop, WithoutTransactions(shop))
