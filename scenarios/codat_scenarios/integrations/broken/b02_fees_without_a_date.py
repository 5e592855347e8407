"""Gives the fees no date of creation, so that they lie in no period."""

from codat_scenarios.integrations.pos_sale import Record
from codat_scenarios.integrations.pushing import Integration, through_the_day
from codat_scenarios.integrations.scripted_pos import Change
from codat_scenarios.integrations.shop import Shop

BREAKS = ("B02",)


class Timeless(Integration):
    def written(self, change: Change) -> Record:
        record = super().written(change)
        if record.get("type") != "PaymentFee":
            return record
        return {name: value for name, value in record.items() if name != "createdDate"}


def main(shop: Shop) -> None:
    through_the_day(shop, Timeless(shop))
