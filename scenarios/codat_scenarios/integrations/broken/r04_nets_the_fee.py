"""Takes the fee off the transaction of a card payment, which has one of its own."""

from codat_scenarios.integrations.pos_sale import FEE_SHARE, PENNY, TRANSACTIONS, Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("R04",)


class Netting(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        if change.data_type != TRANSACTIONS or record["type"] != "Payment":
            return record
        fee = (record["totalAmount"] * FEE_SHARE).quantize(PENNY)
        return {**record, "totalAmount": record["totalAmount"] - fee}


def main(shop: Shop) -> None:
    through_the_day(shop, Netting(shop))
