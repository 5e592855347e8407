"""Names the card terminal's own number as the source of a fee."""

from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("R02", "B02")


class ByTerminal(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        if record.get("type") != "PaymentFee":
            return record
        terminal = {"id": f"terminal-{record['id']}", "type": "Payment"}
        return {**record, "transactionSourceRef": terminal}


def main(shop: Shop) -> None:
    through_the_day(shop, ByTerminal(shop))
