"""Gives the fees in the currency of the card company."""

from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("R06", "B03")


class Foreign(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        return {**record, "currency": "EUR"} if record.get("type") == "PaymentFee" else record


def main(shop: Shop) -> None:
    through_the_day(shop, Foreign(shop))
