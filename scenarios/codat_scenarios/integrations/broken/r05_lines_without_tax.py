"""Gives the lines of an order without their tax, and its total with it."""

from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("R05",)


class NetLines(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        if "orderLineItems" not in record:
            return record
        lines = [
            {**line, "totalAmount": line["totalAmount"] - line["totalTaxAmount"]}
            for line in record["orderLineItems"]
        ]
        return {**record, "orderLineItems": lines}


def main(shop: Shop) -> None:
    through_the_day(shop, NetLines(shop))
